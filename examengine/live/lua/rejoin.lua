-- Gives the pen to a page that is open and whose generation has passed: its sitting was rebuilt. The page keeps what
-- it shows, and sends again what the rebuilt sitting lacks. Repeated by the same page it changes nothing.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- ARGV[4] owner   [5] session version   [6] page id   [7] device   [8] generation and [9] epoch of the page's token
-- Result: claimed · pen_lost (a newer page is known) · absent · not_owner · revoked · opening · closed · too_late ·
--     forced; adds every field of the sitting
local h = read('p')

-- Whether this page is not older than the one that has the pen: that was known to SQL, or has joined like this one
-- (field rj: under which epoch).
local function is_newer(epoch)
  local known = tonumber(h[E])
  if known <= epoch then return true end
  return ARGV[8] == string.format('%.0f', h[G] - 1) and redis.call('HGET', KEYS[1], 'rj') == h[E]
    and rank(known) <= rank(epoch)
end

local word = stranger(h, ARGV[4], ARGV[5])
if word then return {word, at} end
word = over(h) or late(h)
if not word then
  local epoch = tonumber(ARGV[9])
  word = 'claimed'
  if h[MORE] == ARGV[6] and (h[G] == ARGV[8] or tonumber(h[E]) > epoch) then
    alive(h, 0)
  elseif h[G] ~= ARGV[8] and is_newer(epoch) then
    take_pen(h, first_epoch(h) + rank(epoch) + 1, ARGV[6], ARGV[7])
    redis.call('HSET', KEYS[1], 'rj', h[E])
  else
    word = 'pen_lost'
  end
end
return reply(word, h, redis.call('HGETALL', KEYS[1]))
