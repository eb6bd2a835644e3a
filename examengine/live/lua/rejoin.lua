-- Gives the pen to a page that is open and whose generation has passed: its sitting was rebuilt. The page keeps what
-- it shows, and sends again what the rebuilt sitting lacks. Repeated by the same page it changes nothing.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- ARGV[4] owner   [5] session version   [6] page id   [7] device   [8] generation and [9] epoch of the page's token
-- Result: claimed · pen_lost (a newer page is known) · absent · not_owner · revoked · opening · closed · too_late ·
--     forced; adds every field of the sitting
local h = read('p')
local word = stranger(h, ARGV[4], ARGV[5])
if word then return {word, at} end
word = over(h) or late(h)
if not word then
  local epoch, known = tonumber(ARGV[9]), tonumber(h[E])
  word = 'claimed'
  if h[MORE] == ARGV[6] and (h[G] == ARGV[8] or known > epoch) then
    alive(h, 0)
  elseif h[G] ~= ARGV[8] and known <= epoch then
    take_pen(h, epoch + 1, ARGV[6], ARGV[7])
  else
    word = 'pen_lost'
  end
end
return reply(word, h, redis.call('HGETALL', KEYS[1]))
