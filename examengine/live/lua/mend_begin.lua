-- Begins to mend a slot: holders of earlier leases get nothing done here from now on. One that another has opened since
-- the asker looked stays as it is: it takes answers again.
-- KEYS[1] fence   KEYS[2] due (sorted set)   KEYS[3] unshipped (list)
-- ARGV[1] token   [2] the fence to be set at the end   [3] '1': the slot is lost, what stands must not count until then
-- Result: {} where a newer holder is at work, {'open'} where that fence stands, else {ids of due, ids of unshipped}
--     Lines of a lost slot do not wait any longer: whoever is put together again brings his own.
if not is_newest() then return {} end
if redis.call('HGET', KEYS[1], 'id') == ARGV[2] then return {'open'} end
local waiting, known = {}, {}
for _, entry in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  local id = entry:match('^%d+')
  if not known[id] then waiting[#waiting + 1], known[id] = id, true end
end
if ARGV[3] == '1' then
  redis.call('HDEL', KEYS[1], 'id')
  redis.call('DEL', KEYS[3])
end
return {redis.call('ZRANGE', KEYS[2], 0, -1), waiting}
