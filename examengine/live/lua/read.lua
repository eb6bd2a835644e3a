-- Everything that is known of a sitting; changes nothing.
-- KEYS, ARGV[1..3]: see _sitting.lua
-- Result: found · absent; found adds every field and the journal
local h = read()
if not h[ST] then return {'absent', at} end
return reply('found', h, redis.call('HGETALL', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1))
