-- Takes lines away that are in SQL by now. Said twice, or of a slot that was rebuilt since, it does no harm: lines are
-- only ever added behind, and one that comes from before a rebuild does not stand first after it.
-- KEYS[1] unshipped (list)
-- ARGV[1] how many lines   [2] the first of them
-- Result: 1, or 0 where they do not stand there
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[2] then return 0 end
redis.call('LTRIM', KEYS[1], ARGV[1], -1)
return 1
