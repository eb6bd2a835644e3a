-- Notes what is in SQL by now. Said twice, or about a sitting that has been settled or rebuilt since, it does no harm.
-- KEYS[1] unshipped (list)   KEYS[2], [3] sitting (hash) and journal (list) of the first, KEYS[4], [5] of the next …
-- ARGV, four a sitting: attempt id, generation, number of lines in SQL, highest revision among them
-- Result: how many of the sittings have more lines to ship
local more = 0
for i = 1, #ARGV, 4 do
  local sitting, journal = KEYS[(i + 1) / 2 + 1], KEYS[(i + 1) / 2 + 2]
  local h = redis.call('HMGET', sitting, 'st', 'g', 'sh', 'sr')
  if not h[1] or h[1] == 'closed' then
    redis.call('LREM', KEYS[1], 1, ARGV[i])
  elseif h[2] == ARGV[i + 1] then
    local lines, shipped = redis.call('LLEN', journal), tonumber(h[3] or 0)
    local now = tonumber(ARGV[i + 2])
    if now > shipped and now <= lines then
      shipped = now
      redis.call('HSET', sitting, 'sh', shipped, 'sr', math.max(tonumber(h[4] or 0), tonumber(ARGV[i + 3])))
    end
    redis.call('LREM', KEYS[1], 1, ARGV[i])
    if shipped < lines then
      more = more + 1
      redis.call('RPUSH', KEYS[1], ARGV[i])
    else
      redis.call('HSET', sitting, 'us', '')
    end
  end
end
return more
