-- Notes what is in SQL by now. Said twice, or about a sitting that has been settled or rebuilt since, it does no harm.
-- KEYS[1] unshipped (list)   KEYS[2], [3] sitting (hash) and journal (list) of the first, KEYS[4], [5] of the next …
-- ARGV, four a sitting: attempt id, generation, number of lines in SQL, highest revision among them
-- Result: 1
local call, keys, args = redis.call, KEYS, ARGV
local told, stay = #args / 4, {}
-- They are the first of the list, unless one of them was settled or rebuilt since: then each is looked for.
local first, as_read = call('LRANGE', keys[1], 0, told - 1), true
for i = 1, told do
  if first[i] ~= args[4 * i - 3] then as_read = false end
end
for i = 1, told do
  local at, sitting = 4 * i - 3, keys[2 * i]
  -- a tombstone has no `sh`
  local h = call('HMGET', sitting, 'g', 'sh', 'sr')
  local is_left = h[2]
  if is_left and h[1] == args[at + 1] then
    local lines, shipped, now = call('LLEN', keys[2 * i + 1]), tonumber(h[2]), tonumber(args[at + 2])
    if now > shipped and now <= lines then
      shipped = now
      call('HSET', sitting, 'sh', now, 'sr', math.max(tonumber(h[3]), tonumber(args[at + 3])))
    end
    is_left = shipped < lines
  end
  if not as_read then call('LREM', keys[1], 1, args[at]) end
  if is_left then stay[#stay + 1] = args[at] end
end
if as_read then call('LTRIM', keys[1], told, -1) end
if #stay > 0 then call('RPUSH', keys[1], unpack(stay)) end
return 1
