-- Begins to mend a slot: holders of earlier leases get nothing done here from now on. One that another has opened since
-- the asker looked stays as it is: it takes answers again.
-- KEYS[1] fence   KEYS[2] due (sorted set)   KEYS[3] unshipped (list)
-- ARGV[1] token   [2] the fence to be set at the end   [3] '1': the slot is lost, what stands must not count until then
-- Result: {} where a newer holder is at work, {'open'} where that fence stands, else {ids of due, ids of unshipped}
if not is_newest() then return {} end
if redis.call('HGET', KEYS[1], 'id') == ARGV[2] then return {'open'} end
if ARGV[3] == '1' then redis.call('HDEL', KEYS[1], 'id') end
return {redis.call('ZRANGE', KEYS[2], 0, -1), redis.call('LRANGE', KEYS[3], 0, -1)}
