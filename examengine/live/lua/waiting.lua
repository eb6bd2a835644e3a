-- Says how many lines wait to be carried to SQL, and when that was.
-- KEYS[1] unshipped (list)   ARGV[1], [2]: see _stamp.lua
-- Result: {number of lines, the instant}
return {redis.call('LLEN', KEYS[1]), at}
