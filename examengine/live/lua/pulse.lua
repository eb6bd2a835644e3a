-- A page that has nothing to save says that it is there. The journal gets a line at most every 20 s.
-- KEYS, ARGV[1..7]: see _sitting.lua, _page.lua
-- ARGV[8] sequence; 0: the page gave none
-- Result: alive · pen_lost · closed · too_late · forced · not_owner · revoked · stale_generation · absent · opening
local THINNED_MS = 20000
local h = read('jl')
local word = unknown(h)
if word then return answer(word, h) end
word = barred(h)
if word then return reply(word, h) end
if tonumber(ARGV[8]) > tonumber(h[SQ]) then h[SQ] = ARGV[8] end
is_back(h)
if at >= h[MORE] + THINNED_MS then
  redis.call('HSET', KEYS[1], 'ls', seen(h), 'sq', h[SQ], 'jl', ms(at))
  note(h, 'p ' .. ms(at) .. ' ' .. h[E] .. '.' .. ARGV[8])
else
  redis.call('HSET', KEYS[1], 'ls', seen(h), 'sq', h[SQ])
end
return reply('alive', h)
