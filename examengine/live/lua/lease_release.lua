-- Gives a lease back, where it is still the same holding.
-- KEYS[1] lease   KEYS[2] its token
-- ARGV[1] owner   [2] token
-- Result: 1, or 0 where it had run out or gone to another
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
return 1
