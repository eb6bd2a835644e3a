-- The page reports that it is left. Where leaving matters (leave grace above 0) the grace runs from now; the
-- report itself is no sign of life.
-- KEYS, ARGV[1..7]: see _sitting.lua, _page.lua
-- ARGV[8] sequence
-- Result: left · repeated · logged · closed · too_late · forced · not_owner · revoked · stale_generation · absent ·
--     opening
local h = read()
local word = unknown(h)
if word then return answer(word, h) end
word = over(h) or late(h)
if word then return reply(word, h) end
if h[LG] == '0' then
  note_report(h, 'L ' .. ms(at) .. ' ' .. ARGV[7] .. '.' .. ARGV[8])
  return reply('logged', h)
end
word = hearsay(h, 'l')
if word then return reply(word, h) end
if h[LV] == '' then h[LV] = ms(at) end
h[SQ] = ARGV[8]
redis.call('HSET', KEYS[1], 'lv', h[LV], 'sq', h[SQ])
redis.call('ZADD', KEYS[3], math.min(h[LV] + h[LG], tonumber(h[DU])), ARGV[3])
note_report(h, 'l ' .. ms(at) .. ' ' .. h[E] .. '.' .. ARGV[8])
return reply('left', h)
