-- Notes what is in SQL by now. Said twice, or about a sitting that has been settled or rebuilt since, it does no harm.
-- KEYS[1] unshipped (list)   KEYS[2], [3] sitting (hash) and journal (list) of the first, KEYS[4], [5] of the next …
-- ARGV, four a sitting: attempt id, generation, number of lines in SQL, highest revision among them
-- Result: 1
local told, stay = #ARGV / 4, {}
-- They are the first of the list, unless one of them was settled or rebuilt since: then each is looked for.
local first, as_read = redis.call('LRANGE', KEYS[1], 0, told - 1), true
for i = 1, told do
  if first[i] ~= ARGV[4 * i - 3] then as_read = false end
end
for i = 1, told do
  local at = 4 * i - 3
  local sitting, journal = KEYS[2 * i], KEYS[2 * i + 1]
  -- us: '1' where a worker of the version before has put it into the list; it does so no more until that is gone
  local h = redis.call('HMGET', sitting, 'st', 'g', 'sh', 'sr', 'us')
  local is_left = h[1] and h[1] ~= 'closed'
  if is_left and h[2] == ARGV[at + 1] then
    local lines, shipped = redis.call('LLEN', journal), tonumber(h[3] or 0)
    local now = tonumber(ARGV[at + 2])
    if now > shipped and now <= lines then
      shipped = now
      redis.call('HSET', sitting, 'sh', shipped, 'sr', math.max(tonumber(h[4] or 0), tonumber(ARGV[at + 3])))
    end
    is_left = shipped < lines
    if h[5] == '1' and not is_left then redis.call('HDEL', sitting, 'us') end
  end
  if not as_read then redis.call('LREM', KEYS[1], 1, ARGV[at]) end
  if is_left then stay[#stay + 1] = ARGV[at] end
end
if as_read then redis.call('LTRIM', KEYS[1], told, -1) end
if #stay > 0 then redis.call('RPUSH', KEYS[1], unpack(stay)) end
return 1
