-- Removes what is here of a sitting that SQL does not know.
-- KEYS[1] fence   KEYS[2] sitting   KEYS[3] journal   KEYS[4] due
-- ARGV[1] token   [2] attempt id
-- Result: 1, or 0 where a newer holder is at work
if not is_newest() then return 0 end
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('ZREM', KEYS[4], ARGV[2])
return 1
