-- What the commands begin with that mend a slot which is shut. Only the newest holder of the lease gets anything done.
--   KEYS[1] fence (hash; field tk: the highest token that has mended here)   ARGV[1] token of the lease
local function is_newest()
  local known = tonumber(redis.call('HGET', KEYS[1], 'tk') or 0)
  if tonumber(ARGV[1]) < known then return false end
  if tonumber(ARGV[1]) > known then redis.call('HSET', KEYS[1], 'tk', ARGV[1]) end
  return true
end
