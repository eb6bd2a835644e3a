-- Lets a sitting run again because its finish met a moved deadline in SQL. It undoes only the closing that
-- the finish was about: a later one stands.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- ARGV[4] generation   [5] number of the closing   [6] deadline, ms   [7] its reason   [8] its version
--     [9] when to look, ms
-- Result: reopened · already (it runs) · superseded (closed again since) · closed (settled) · stale_generation ·
--     absent
local h = read()
if not h[ST] then return {'absent', at} end
if h[G] ~= ARGV[4] then return reply('stale_generation', h) end
if h[ST] == 'running' then return reply('already', h) end
if h[ST] ~= 'closing' then return reply('closed', h) end
if h[CN] ~= ARGV[5] then return reply('superseded', h) end
if tonumber(ARGV[8]) >= tonumber(h[DV]) then h[D], h[DR], h[DV], h[DU] = ARGV[6], ARGV[7], ARGV[8], ARGV[9] end
h[ST], h[CR], h[CA] = 'running', '', ''
redis.call('HSET', KEYS[1], 'st', 'running', 'cr', '', 'ca', '', 'd', h[D], 'dr', h[DR], 'dv', h[DV], 'du', h[DU])
redis.call('ZADD', KEYS[3], h[DU], ARGV[3])
note(h, 'r ' .. ms(at) .. ' ' .. h[D] .. ' ' .. h[DV] .. ' ' .. h[DR])
return reply('reopened', h)
