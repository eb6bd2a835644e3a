-- Takes lines away that are in SQL by now. Said twice, or of a slot that was rebuilt or went back since, it does no harm:
-- lines are only ever added behind, so where the first and the last one that were read stand where they stood, those
-- between do.
-- KEYS[1] unshipped (list)
-- ARGV[1] how many lines   [2] the first of them   [3] the last
-- Result: 1, or 0 where they do not stand there
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[2] or redis.call('LINDEX', KEYS[1], ARGV[1] - 1) ~= ARGV[3] then return 0 end
redis.call('LTRIM', KEYS[1], ARGV[1], -1)
return 1
