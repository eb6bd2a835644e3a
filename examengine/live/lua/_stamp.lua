-- The stamp of a command: `at`, ms.
--   ARGV[1] now, ms   ARGV[2] how far now may be from this server's own time, ms; -1: as far as it likes
local at = tonumber(ARGV[1])
if ARGV[2] ~= '-1' then
  local time, slack = redis.call('TIME'), tonumber(ARGV[2])
  local own = time[1] * 1000 + math.floor(time[2] / 1000)
  if at > own + slack then at = own + slack elseif at < own - slack then at = own - slack end
end
