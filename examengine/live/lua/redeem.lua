-- Writes answers again that had been acknowledged and were lost with Redis: each with the mark and the instant under
-- which it was acknowledged, which the asker has proved. What stands under a newer mark stays. Also after the deadline:
-- they were in time; while the sitting has not been closed.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- ARGV[4] owner   [5] session version   then for each answer: field, position, epoch, sequence, instant in ms, value
-- Result: redeemed · absent · not_owner · revoked · opening · closed; adds how many were written
local h = read()
local word = stranger(h, ARGV[4], ARGV[5])
if word then return {word, at} end
word = over(h)
if word then return reply(word, h, 0) end

local written = 0
for i = 6, #ARGV, 6 do
  local field, position, epoch, sequence, instant, value = unpack(ARGV, i, i + 5)
  local kept = redis.call('HGET', KEYS[1], field)
  local stands = false
  if kept then
    local e, n = kept:match('^%d+ (%d+)%.(%d+) ')
    e, n = tonumber(e), tonumber(n)
    stands = e > tonumber(epoch) or (e == tonumber(epoch) and n >= tonumber(sequence))
  end
  if not stands and tonumber(position) <= tonumber(h[N]) and h[RV] + 1 <= MAX_LINES then
    if written == 0 then note_report(h, 'q ' .. ms(at)) end
    h[SINCE] = ms(at)
    written = written + 1
    h[RV] = h[RV] + 1
    if #value > 64 then redis.call('HINCRBY', KEYS[1], 'lb', #value) end
    -- whoever was acknowledged then was there then
    if tonumber(instant) > tonumber(h[LS]) then h[LS] = instant end
    if h[LV] ~= '' and tonumber(instant) >= tonumber(h[LV]) then is_back(h) end
    local mark = epoch .. '.' .. sequence
    redis.call('HSET', KEYS[1], 'rv', h[RV], 'ls', h[LS], field, h[RV] .. ' ' .. mark .. ' ' .. instant .. ' ' .. value)
    note(h, field:sub(1, 1) .. ' ' .. instant .. ' ' .. mark .. ' ' .. position .. ' ' .. h[RV] .. ' 0 ' .. value)
  end
end
return reply('redeemed', h, written)
