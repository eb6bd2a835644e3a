-- Leaves the tombstone of an attempt whose outcome stands in SQL and of which nothing, or nothing newer, is here.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- ARGV[4] how long it stands, ms   [5] generation   [6] owner   [7] session version   [8] deadline, ms   [9] its reason
--     [10] its version   [11] why and [12] when it ended   [13] outcome, a short text   [14] number of items
-- Result: settled · already
local h = read()
if h[ST] == 'closed' then return reply('already', h) end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'st', 'closed', 'g', ARGV[5], 'ow', ARGV[6], 'sv', ARGV[7], 'd', ARGV[8], 'dr', ARGV[9],
  'dv', ARGV[10], 'e', h[E] or 0, 'es', ARGV[12], 'ls', h[LS] or ARGV[12], 'lv', '', 'lg', 0, 'fl', 0,
  'rv', h[RV] or 0, 'cr', ARGV[11], 'ca', ARGV[12], 'cn', h[CN] or 0, 'oc', ARGV[13], 'n', ARGV[14])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('ZREM', KEYS[3], ARGV[3])
return reply('settled', read())
