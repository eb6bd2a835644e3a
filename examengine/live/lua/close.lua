-- Closes a sitting, whoever asks: atomic, the first reason wins, a second close is told the first's.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- ARGV[4] generation   [5] reason   [6] the instant at which it ended, ms
--     [7] the deadline that SQL gives, ms: where this side already knows a later one, or the sitting was put together
--     again a moment ago and pages may still bring what was lost (field hd), nothing is closed; '': close
--     [8] '', or within the grace: the oldest sign of life that tells that the candidate was there, ms. Closed only
--     where there was one, the page is not left, and said at this deadline that all was sent (field wd)
-- Result: closing · closed · moved · stale_generation · absent; all but the last two add every field and the journal
local h = read()
if not h[ST] then return {'absent', at} end
if h[G] ~= ARGV[4] then return reply('stale_generation', h) end
local word = 'closed'
if h[ST] == 'running' or h[ST] == 'opening' then
  local waits = ARGV[8] ~= '' and (redis.call('HGET', KEYS[1], 'wd') ~= ARGV[7] or h[LV] ~= ''
    or tonumber(h[LS]) < tonumber(ARGV[8]))
  local held = ARGV[7] ~= '' and tonumber(redis.call('HGET', KEYS[1], 'hd') or 0) > at
  if waits or held or (ARGV[7] ~= '' and tonumber(h[D]) > tonumber(ARGV[7])) then
    word = 'moved'
  else
    h[ST], h[CR], h[CA], h[CN] = 'closing', ARGV[5], ARGV[6], h[CN] + 1
    redis.call('HSET', KEYS[1], 'st', 'closing', 'cr', h[CR], 'ca', h[CA], 'cn', h[CN])
    note(h, 'z ' .. ms(at) .. ' ' .. h[CR] .. ' ' .. h[CA])
    word = 'closing'
  end
end
return reply(word, h, redis.call('HGETALL', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1))
