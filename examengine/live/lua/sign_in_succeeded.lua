-- Forgets this device's failures, and knows the device from now on.
-- KEYS, ARGV: see _sign_in.lua
-- Result: 1
local mine = failures(KEYS[1])
redis.call('DEL', KEYS[1])
if not known then
  local n, t = failures(KEYS[2])
  set(KEYS[2], n - mine, t)
end
if device ~= '' then
  redis.call('ZADD', KEYS[3], now, device)
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - KNOWN_DEVICES)
  redis.call('PEXPIRE', KEYS[3], KNOWN_MS)
end
return 1
