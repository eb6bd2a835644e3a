-- What the commands on sign-in limits begin with.
--   KEYS[1] failures of this account on this device (hash n, t)   KEYS[2] of this account on devices that have never
--   signed it in (hash n, t)   KEYS[3] devices that have signed it in (sorted set, by ms)
--   KEYS[4] when the desk lifted the account's delays, ms; failures until then do not count
--   ARGV[1] now, ms   ARGV[2] device; '': the browser brought none
local FORGET_MS, KNOWN_MS, KNOWN_DEVICES = 3600000, 34560000000, 8
local now, device = tonumber(ARGV[1]), ARGV[2]
local known = device ~= '' and redis.call('ZSCORE', KEYS[3], device)
local lifted = tonumber(redis.call('GET', KEYS[4]) or -1)

local function failures(key)
  local kept = redis.call('HMGET', key, 'n', 't')
  local n, t = tonumber(kept[1] or 0), tonumber(kept[2] or 0)
  if math.abs(now - t) > FORGET_MS or t <= lifted then n = 0 end
  return n, t
end

local function set(key, n, t)
  if n <= 0 then redis.call('DEL', key) return end
  redis.call('HSET', key, 'n', n, 't', string.format('%.0f', t))
  redis.call('PEXPIRE', key, FORGET_MS)
end

-- `free` tries, then a delay that doubles from `first` up to `most`, ms
local function wait(key, free, first, most)
  local n, t = failures(key)
  if n < free then return 0 end
  return math.max(0, math.min(most, t + math.min(most, first * 2 ^ (n - free)) - now))
end

-- Someone else's failures must not keep a person away from a device on which he has signed in before.
local function wait_here()
  local here = wait(KEYS[1], 5, 30000, 900000)
  if known then return here end
  return math.max(here, wait(KEYS[2], 10, 2000, 60000))
end
