-- Brings a fact that SQL already holds to a live sitting. Idempotent and free of order: only a higher version is
-- taken.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- ARGV[4] generation   [5] session version, '' for none   [6] deadline, ms, '' for none   [7] its reason
--     [8] its version   [9] when to look, ms
-- Result: pushed · already · closed (settled) · stale_generation · absent
local h = read()
if not h[ST] then return {'absent', at} end
if h[G] ~= ARGV[4] then return reply('stale_generation', h) end
if h[ST] == 'closed' then return reply('closed', h) end
local word = 'already'
if ARGV[5] ~= '' and tonumber(ARGV[5]) > tonumber(h[SV]) then
  h[SV], word = ARGV[5], 'pushed'
  redis.call('HSET', KEYS[1], 'sv', h[SV])
end
if ARGV[6] ~= '' and tonumber(ARGV[8]) > tonumber(h[DV]) then
  h[D], h[DR], h[DV], h[DU], word = ARGV[6], ARGV[7], ARGV[8], ARGV[9], 'pushed'
  redis.call('HSET', KEYS[1], 'd', h[D], 'dr', h[DR], 'dv', h[DV], 'du', h[DU])
  local look = tonumber(h[DU])
  if h[LV] ~= '' then look = math.min(look, h[LV] + h[LG]) end
  redis.call('ZADD', KEYS[3], look, ARGV[3])
end
if word == 'pushed' then note(h, 'd ' .. ms(at) .. ' ' .. h[D] .. ' ' .. h[DV] .. ' ' .. h[DR] .. ' ' .. h[SV]) end
return reply(word, h)
