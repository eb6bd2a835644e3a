-- A page that has nothing to save says that it is there. The journal gets a line at most every 20 s, or where it ends
-- a leave.
-- KEYS, ARGV[1..7]: see _sitting.lua, _page.lua
-- ARGV[8] sequence; 0: the page gave none
-- Result: alive · pen_lost · closed · too_late · forced · not_owner · revoked · stale_generation · absent · opening
local h = read('jl')
local word = unknown(h)
if word then return answer(word, h) end
word = barred(h)
if word then return reply(word, h) end
if tonumber(ARGV[8]) > tonumber(h[SQ]) then
  h[SQ] = ARGV[8]
  redis.call('HSET', KEYS[1], 'sq', h[SQ])
end
alive(h, ARGV[8], nil, h[MORE])
return reply('alive', h)
