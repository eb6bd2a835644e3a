-- A hand-in that arrives after the deadline is refused, yet within the grace it is a sign of life. From whatever
-- page of the candidate: he is there.
-- KEYS, ARGV[1..6]: see _sitting.lua, _page.lua (ARGV[7] is not looked at)
-- ARGV[8] grace, ms
-- Result: knocked · not_due · too_late · forced · closed · not_owner · revoked · stale_generation · absent · opening
local h = read()
local word = unknown(h)
if word then return answer(word, h) end
word = over(h)
if word then return reply(word, h) end
local forced, deadline = forced_at(h), tonumber(h[D])
if forced and at >= forced then return reply('forced', h) end
if at < deadline then return reply('not_due', h) end
if at >= deadline + ARGV[8] then return reply('too_late', h) end
redis.call('HSET', KEYS[1], 'ls', seen(h))
note_report(h, 'k ' .. ms(at))
return reply('knocked', h)
