-- Reads signs of life of sittings for the wall; changes nothing.
-- KEYS the sittings (hash), all of one slot
-- Result: one string, 25 bytes a sitting in the order of KEYS, little-endian: state (byte: 0 none · 1 opening ·
--     2 running · 3 closing · 4 closed), then three doubles: last sign of life, deadline, and since when the page is
--     left or the sitting is closing; all ms, 0 where there is none
local STATES = {opening = 1, running = 2, closing = 3, closed = 4}
local parts = {}
for i = 1, #KEYS do
  local h = redis.call('HMGET', KEYS[i], 'st', 'ls', 'd', 'lv')
  local state, since = STATES[h[1]] or 0, 0
  if state == 2 then
    since = tonumber(h[4]) or 0
  elseif state == 3 then
    since = tonumber(redis.call('HGET', KEYS[i], 'ca')) or 0
  end
  parts[i] = struct.pack('<Bddd', state, tonumber(h[2]) or 0, tonumber(h[3]) or 0, since)
end
return table.concat(parts)
