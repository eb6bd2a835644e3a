-- Reads lines that wait to be carried to SQL; changes nothing.
-- KEYS[1] unshipped (list): attempt, generation, number of the line, line
-- ARGV[1] how many lines at most   [2] how many bytes at most, beyond the last line read
-- Result: the lines as they wait, the longest waiting first
local PIECE = 100
local most, left, told = tonumber(ARGV[1]), tonumber(ARGV[2]), {}
for first = 0, most - 1, PIECE do
  local piece = redis.call('LRANGE', KEYS[1], first, math.min(first + PIECE, most) - 1)
  for _, line in ipairs(piece) do
    if left <= 0 then return told end
    left = left - #line
    told[#told + 1] = line
  end
  if #piece < PIECE then break end
end
return told
