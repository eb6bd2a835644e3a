-- Opens a slot of which SQL knows nothing that runs, where there is nothing here either.
-- KEYS[1] fence   KEYS[2] due   KEYS[3] unshipped
-- ARGV[1] token   [2] the fence
-- Result: 1; 0 where a newer holder is at work, or something stands here
if redis.call('EXISTS', KEYS[2], KEYS[3]) > 0 or not is_newest() then return 0 end
redis.call('HSET', KEYS[1], 'id', ARGV[2])
return 1
