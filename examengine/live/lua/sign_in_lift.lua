-- Forgets every failure of the account until now, on every device.
-- KEYS, ARGV: see _sign_in.lua
-- Result: 1
redis.call('SET', KEYS[4], string.format('%.0f', now), 'PX', FORGET_MS)
return 1
