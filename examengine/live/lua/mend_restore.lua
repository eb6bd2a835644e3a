-- Puts a sitting together again from what SQL knows. It is `opening` until its slot is opened: nobody writes.
-- Whatever stood here goes.
-- KEYS[1] fence   KEYS[2] sitting   KEYS[3] journal   KEYS[4] due   KEYS[5] unshipped
-- ARGV[1] token   [2] attempt id   [3] when to look, ms   [4] generation   [5] how many lines are in SQL
--     [6] number of fields n   then n pairs field, value; then the lines of the journal
-- Result: 1, or 0 where a newer holder is at work
local PIECE = 4000
if not is_newest() then return 0 end
redis.call('DEL', KEYS[2], KEYS[3])
local first = 7 + 2 * tonumber(ARGV[6])
redis.call('HSET', KEYS[2], 'st', 'opening', unpack(ARGV, 7, first - 1))
for i = first, #ARGV, PIECE do
  redis.call('RPUSH', KEYS[3], unpack(ARGV, i, math.min(i + PIECE - 1, #ARGV)))
end
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[2])
for i = first + tonumber(ARGV[5]), #ARGV do
  redis.call('RPUSH', KEYS[5], ARGV[2] .. ' ' .. ARGV[4] .. ' ' .. i - first .. ' ' .. ARGV[i])
end
return 1
