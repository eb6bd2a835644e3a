-- Opens a sitting after its attempt stands in SQL. Idempotent: of a generation not above the known one nothing
-- is written. A higher generation replaces what stands here.
-- KEYS, ARGV[1..3]: see _sitting.lua   KEYS[5] the slot's fence (hash), where there are fences
-- ARGV[4] owner   [5] session version   [6] generation   [7] number of items   [8] deadline, ms
--     [9] its reason   [10] its version   [11] when to look, ms   [12] leave grace, ms; 0: leaving is no matter
-- Result: opened · already · opening (the slot is lost or being rebuilt: nothing is written)
local h = read()
if KEYS[5] and redis.call('HEXISTS', KEYS[5], 'id') == 0 then return {'opening', at} end
if h[ST] and tonumber(h[G]) >= tonumber(ARGV[6]) then return reply('already', h) end
redis.call('DEL', KEYS[1], KEYS[2])
h[G] = ARGV[6]
redis.call('HSET', KEYS[1], 'st', 'running', 'g', ARGV[6], 'ow', ARGV[4], 'sv', ARGV[5], 'd', ARGV[8],
  'dr', ARGV[9], 'dv', ARGV[10], 'e', 0, 'es', ms(at), 'ls', ms(at), 'lv', '', 'lg', ARGV[12], 'fl', 0,
  'rv', 0, 'cr', '', 'ca', '', 'cn', 0, 'oc', '', 'n', ARGV[7], 'sq', 0, 'du', ARGV[11],
  'jl', ms(at), 'p', '')
redis.call('ZADD', KEYS[3], ARGV[11], ARGV[3])
note(h, 'o ' .. ms(at) .. ' ' .. ARGV[6] .. ' ' .. ARGV[8] .. ' ' .. ARGV[10] .. ' ' .. ARGV[9] .. ' ' .. ARGV[7])
return reply('opened', read())
