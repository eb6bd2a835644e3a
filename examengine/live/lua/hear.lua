-- Writes into a slot's fence when the whole path to here was last proved to hear. A slot without a fence is not
-- served and hears nobody.
-- KEYS[1] fence (hash)
-- ARGV[1] now, ms
-- Result: 1, or 0 where there is no fence
if redis.call('HEXISTS', KEYS[1], 'id') == 0 then return 0 end
if tonumber(ARGV[1]) > tonumber(redis.call('HGET', KEYS[1], 'hb') or 0) then
  redis.call('HSET', KEYS[1], 'hb', ARGV[1])
end
return 1
