-- A page that has nothing to save says that it is there. The journal gets a line at most every 20 s, or where it ends
-- a leave. After the deadline this is no sign of life; yet the page with the pen may say that all it had was sent (field
-- wd, of which deadline): it gives up its grace.
-- KEYS, ARGV[1..7]: see _sitting.lua, _page.lua
-- ARGV[8] sequence; 0: the page gave none   [9] '': it does not say that; else how long after the deadline to look, ms
-- Result: alive · pen_lost · closed · too_late · forced · not_owner · revoked · stale_generation · absent · opening
local h = glance('jl')

local function last_word()
  if h[E] ~= ARGV[7] or redis.call('HGET', KEYS[1], 'wd') == h[D] then return end
  redis.call('HSET', KEYS[1], 'wd', h[D])
  redis.call('ZADD', KEYS[3], h[D] + ARGV[9], ARGV[3])
  note_report(h, 'w ' .. ms(at) .. ' ' .. h[E] .. '.' .. ARGV[8])
end

local word = unknown(h)
if word then return answer(word, read()) end
word = barred(h)
if word then
  if word == 'too_late' and ARGV[9] ~= '' then last_word() end
  return reply(word, read())
end
if tonumber(ARGV[8]) > tonumber(h[SQ]) then h[SQ] = ARGV[8] end
alive(h, ARGV[8], nil, h[MORE])
return brief('alive', h)
