-- Reads journal lines that are not in SQL yet; changes nothing.
-- KEYS[1], [2] sitting (hash) and journal (list) of the first, KEYS[3], [4] of the next …
-- ARGV[1] how many bytes at most, beyond the last line read   [2] how many lines of one sitting at most
-- Result: of one sitting after another its generation, the number of the first line, how many lines, and the lines;
--     generation 0 where there is no journal any more; it ends where there was no room
local left, most, told, n = tonumber(ARGV[1]), tonumber(ARGV[2]), {}, 0
local call, keys = redis.call, KEYS
for i = 1, #keys, 2 do
  if left <= 0 then break end
  -- a tombstone has no `sh`
  local h, generation, first, count = call('HMGET', keys[i], 'g', 'sh'), 0, 0, 0
  if h[2] then
    generation, first = tonumber(h[1]), tonumber(h[2])
    for _, line in ipairs(call('LRANGE', keys[i + 1], first, first + most - 1)) do
      if left <= 0 then break end
      left = left - #line
      count = count + 1
      told[n + 3 + count] = line
    end
  end
  told[n + 1], told[n + 2], told[n + 3] = generation, first, count
  n = n + 3 + count
end
return told
