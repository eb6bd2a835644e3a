-- Opens a slot: all its restored sittings run, or are closing as they were, at the very moment its fence is set.
-- KEYS[1] fence   KEYS[2] … sittings that were restored
-- ARGV[1] token   [2] the fence
-- Result: 1, or 0 where a newer holder is at work
if not is_newest() then return 0 end
for i = 2, #KEYS do
  local h = redis.call('HMGET', KEYS[i], 'st', 'cr')
  if h[1] == 'opening' then redis.call('HSET', KEYS[i], 'st', h[2] == '' and 'running' or 'closing') end
end
redis.call('HSET', KEYS[1], 'id', ARGV[2])
return 1
