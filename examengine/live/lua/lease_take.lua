-- Takes a lease, or has its own again. The token fences: it rises with every new holder, also over a Redis that
-- lost its data, as it begins at this server's time.
-- KEYS[1] lease (string: owner)   KEYS[2] its token (string: number)
-- ARGV[1] owner   [2] how long, ms
-- Result: token, or 0 where another holds it
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
local token = tonumber(redis.call('GET', KEYS[2]) or 0)
if not holder then
  local time = redis.call('TIME')
  token = math.max(token + 1, time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('SET', KEYS[2], string.format('%.0f', token))
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return token
