-- Says what is here of sittings; changes nothing.
-- KEYS[1], [2] sitting (hash) and journal (list) of the first, KEYS[3], [4] of the next …
-- Result: for each {state or '', generation, number of lines, owner, deadline version, session version}
local found = {}
for i = 1, #KEYS, 2 do
  local h = redis.call('HMGET', KEYS[i], 'st', 'g', 'ow', 'dv', 'sv')
  found[#found + 1] = {h[1] or '', tonumber(h[2] or 0), redis.call('LLEN', KEYS[i + 1]), tonumber(h[3] or 0),
    tonumber(h[4] or 0), tonumber(h[5] or 0)}
end
return found
