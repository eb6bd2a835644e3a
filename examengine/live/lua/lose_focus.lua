-- The page reports that another window came to the front. Counted once a sequence; no sign of life. Whether
-- the count is too high is the rulebook's, not asked here.
-- KEYS, ARGV[1..7]: see _sitting.lua, _page.lua
-- ARGV[8] sequence
-- Result: counted · repeated · logged · closed · too_late · forced · not_owner · revoked · stale_generation ·
--     absent · opening
local h = read()
local word = unknown(h)
if word then return answer(word, h) end
word = over(h) or late(h)
if word then return reply(word, h) end
word = hearsay(h, 'v')
if word then return reply(word, h) end
h[FL], h[SQ] = h[FL] + 1, ARGV[8]
redis.call('HSET', KEYS[1], 'fl', h[FL], 'sq', h[SQ])
note_report(h, 'v ' .. ms(at) .. ' ' .. h[E] .. '.' .. ARGV[8] .. ' ' .. h[FL])
return reply('counted', h)
