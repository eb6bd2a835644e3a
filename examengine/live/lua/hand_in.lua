-- The page that holds the pen ends the sitting: a hand-in or a confirmed give-up, as the reason says. Atomic with
-- the look at the pen; the first reason wins.
-- KEYS, ARGV[1..7]: see _sitting.lua, _page.lua
-- ARGV[8] reason
-- Result: closing · pen_lost · closed · too_late · forced · not_owner · revoked · stale_generation · absent · opening;
--     closing and closed add every field and the journal
local h = read()
local word = unknown(h)
if word then return answer(word, h) end
word = barred(h)
if not word then
  is_back(h)
  h[ST], h[CR], h[CA], h[CN] = 'closing', ARGV[8], ms(at), h[CN] + 1
  redis.call('HSET', KEYS[1], 'st', 'closing', 'cr', h[CR], 'ca', h[CA], 'cn', h[CN], 'ls', seen(h))
  note(h, 'z ' .. ms(at) .. ' ' .. h[CR] .. ' ' .. h[CA])
  word = 'closing'
end
if word ~= 'closing' and word ~= 'closed' then return reply(word, h) end
return reply(word, h, redis.call('HGETALL', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1))
