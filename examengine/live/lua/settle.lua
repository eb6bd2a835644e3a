-- Leaves a tombstone once the outcome stands in SQL: pages that come late still hear how it ended, and that all is in
-- SQL. Answers and journal go.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- ARGV[4] generation   [5] reason and [6] instant, where nothing had closed it here   [7] outcome, a short text
--     [8] how long the tombstone stands, ms
-- Result: settled · already · stale_generation · absent
local h = read()
if not h[ST] then return {'absent', at} end
if h[G] ~= ARGV[4] then return reply('stale_generation', h) end
if h[ST] == 'closed' then return reply('already', h) end
if h[ST] ~= 'closing' then h[CR], h[CA] = ARGV[5], ARGV[6] end
h[ST], h[OC], h[LV] = 'closed', ARGV[7], ''
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'st', 'closed', 'g', h[G], 'ow', h[OW], 'sv', h[SV], 'd', h[D], 'dr', h[DR],
  'dv', h[DV], 'e', h[E], 'es', h[ES], 'ls', h[LS], 'lv', '', 'lg', h[LG], 'fl', h[FL], 'rv', h[RV],
  'cr', h[CR], 'ca', h[CA], 'cn', h[CN], 'oc', h[OC], 'n', h[N])
redis.call('PEXPIRE', KEYS[1], ARGV[8])
redis.call('ZREM', KEYS[3], ARGV[3])
return reply('settled', h)
