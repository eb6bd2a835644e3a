-- Puts a sitting together again from what SQL knows. It is `opening` until its slot is opened: nobody writes.
-- Whatever stood here goes.
-- KEYS[1] fence   KEYS[2] sitting   KEYS[3] journal   KEYS[4] due   KEYS[5] unshipped
-- ARGV[1] token   [2] attempt id   [3] when to look, ms   [4] number of fields n   then n pairs field, value;
--     then the lines of the journal, of which the first `sh` are in SQL
-- Result: 1, or 0 where a newer holder is at work
local PIECE = 4000
if not is_newest() then return 0 end
redis.call('DEL', KEYS[2], KEYS[3])
local pairs_ = 2 * tonumber(ARGV[4])
redis.call('HSET', KEYS[2], 'st', 'opening', unpack(ARGV, 5, 4 + pairs_))
for i = 5 + pairs_, #ARGV, PIECE do
  redis.call('RPUSH', KEYS[3], unpack(ARGV, i, math.min(i + PIECE - 1, #ARGV)))
end
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[2])
redis.call('LREM', KEYS[5], 0, ARGV[2])
redis.call('RPUSH', KEYS[5], ARGV[2])
return 1
