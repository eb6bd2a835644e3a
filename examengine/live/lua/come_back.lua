-- The page reports that it is looked at again.
-- KEYS, ARGV[1..7]: see _sitting.lua, _page.lua
-- ARGV[8] sequence
-- Result: back · repeated · logged · closed · too_late · forced · not_owner · revoked · stale_generation · absent ·
--     opening
local h = read()
local word = unknown(h)
if word then return answer(word, h) end
word = over(h) or late(h)
if word then return reply(word, h) end
word = hearsay(h, 'b')
if word then return reply(word, h) end
is_back(h)
h[SQ] = ARGV[8]
redis.call('HSET', KEYS[1], 'ls', seen(h), 'sq', h[SQ])
note_report(h, 'b ' .. ms(at) .. ' ' .. h[E] .. '.' .. ARGV[8])
return reply('back', h)
