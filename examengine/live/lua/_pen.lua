-- Giving the pen away, after _sitting.lua.
--   ARGV[5] session version, taken over when newer: the cookie is signed

-- In a rebuilt sitting epochs may be missing that were given away and never came to SQL, and answers under them may be
-- brought back. So each generation counts on from a height of its own: what is answered in it comes after all of those,
-- and so do its marks.
local A_GENERATION = 1000000000
local function first_epoch(h) return (h[G] - 1) * A_GENERATION end
local function rank(epoch) return epoch % A_GENERATION end

-- More openings than this are not a person's; saves find their room after them.
local function take_pen(h, epoch, page, device)
  h[E], h[ES], h[SQ], h[SINCE] = string.format('%.0f', epoch), ms(at), '0', ms(at)
  is_back(h)
  redis.call('HSET', KEYS[1], 'e', h[E], 'es', h[ES], 'p', page, 'pd', device, 'sq', 0, 'ls', seen(h), 'sv', ARGV[5])
  if redis.call('LLEN', KEYS[2]) < MAX_LINES / 2 then
    note(h, 'c ' .. ms(at) .. ' ' .. h[E] .. ' ' .. page .. ' ' .. device)
  else
    redis.call('HINCRBY', KEYS[1], 'cd', 1)
  end
end
