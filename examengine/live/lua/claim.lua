-- Gives the pen to a page that is about to be rendered: the newest page holds it.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- ARGV[4] owner   [5] session version, taken over when newer: the cookie is signed   [6] page id
-- Result: claimed · absent · not_owner · revoked · opening · closed · too_late · forced;
--     adds every field of the sitting, from which the page is drawn
local h = read()
local word = stranger(h, ARGV[4], ARGV[5])
if word then return {word, at} end
word = over(h) or late(h)
if not word then
  h[E], h[ES], h[SQ] = string.format('%d', h[E] + 1), ms(at), '0'
  is_back(h)
  redis.call('HSET', KEYS[1], 'e', h[E], 'es', h[ES], 'p', ARGV[6], 'sq', 0, 'ls', seen(h), 'sv', ARGV[5])
  note(h, 'c ' .. ms(at) .. ' ' .. h[E] .. ' ' .. ARGV[6])
  word = 'claimed'
end
return reply(word, h, redis.call('HGETALL', KEYS[1]))
