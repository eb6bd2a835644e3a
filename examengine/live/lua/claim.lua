-- Gives the pen to a page that is about to be rendered: the newest page holds it. A page may always be opened; above
-- a bound of lines the journal only counts.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- ARGV[4] owner   [5] session version, taken over when newer: the cookie is signed   [6] page id   [7] device
-- Result: claimed · absent · not_owner · revoked · opening · closed · too_late · forced;
--     adds every field of the sitting, from which the page is drawn
local h = read()
local word = stranger(h, ARGV[4], ARGV[5])
if word then return {word, at} end
word = over(h) or late(h)
if not word then
  take_pen(h, math.max(tonumber(h[E]), first_epoch(h) + rank(h[E])) + 1, ARGV[6], ARGV[7])
  word = 'claimed'
end
return reply(word, h, redis.call('HGETALL', KEYS[1]))
