-- Begins to mend a slot: holders of earlier leases get nothing done here from now on.
-- KEYS[1] fence   KEYS[2] due (sorted set)   KEYS[3] unshipped (list)
-- ARGV[1] token   [2] the fence that must stand here no longer, as its slot is lost; '': leave what stands
-- Result: {} where a newer holder is at work, else {ids of due, ids of unshipped}
if not is_newest() then return {} end
if ARGV[2] ~= '' then redis.call('HDEL', KEYS[1], 'id') end
return {redis.call('ZRANGE', KEYS[2], 0, -1), redis.call('LRANGE', KEYS[3], 0, -1)}
