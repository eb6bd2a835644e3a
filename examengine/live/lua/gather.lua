-- Reads journal lines that are not in SQL yet; changes nothing.
-- KEYS[1], [2] sitting (hash) and journal (list) of the first, KEYS[3], [4] of the next …
-- ARGV[1] how many bytes at most, beyond the last line read   [2] how many lines of one sitting at most
-- Result: for each sitting {generation, number of the first line, lines}, generation 0 where there is no journal any
--     more; {} where there was no room
local left, most, parts = tonumber(ARGV[1]), tonumber(ARGV[2]), {}
for i = 1, #KEYS, 2 do
  local part = {}
  if left > 0 then
    local h = redis.call('HMGET', KEYS[i], 'st', 'g', 'sh')
    if not h[1] or h[1] == 'closed' then
      part = {0, 0, {}}
    else
      local first, lines = tonumber(h[3] or 0), {}
      for _, line in ipairs(redis.call('LRANGE', KEYS[i + 1], first, first + most - 1)) do
        if left <= 0 then break end
        left = left - #line
        lines[#lines + 1] = line
      end
      part = {tonumber(h[2]), first, lines}
    end
  end
  parts[#parts + 1] = part
end
return parts
