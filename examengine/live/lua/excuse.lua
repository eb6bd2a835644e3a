-- Takes a leave back because the return may have been said while nobody could hear: no forced exit comes of it.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- ARGV[4] generation
-- Result: excused · already (not left) · closed · opening · stale_generation · absent
local h = read()
if not h[ST] then return {'absent', at} end
if h[G] ~= ARGV[4] then return reply('stale_generation', h) end
local word = over(h)
if word then return reply(word, h) end
if not is_back(h) then return reply('already', h) end
note(h, 'e ' .. ms(at))
return reply('excused', h)
