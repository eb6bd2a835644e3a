-- What every command on one sitting begins with; it is put before each of them and runs nothing by itself
-- but the stamp.
--   KEYS[1] sitting (hash)   KEYS[2] its journal (list)   KEYS[3] due (sorted set)   KEYS[4] unshipped (list)
--   ARGV[1] now, ms   ARGV[2] how far now may be from this server's own time, ms; -1: as far as it likes
--   ARGV[3] attempt id, the member of due and unshipped
-- A reply is {word, at} where the asker has no business with this sitting, else {word, at, the fields below
-- from rv to oc …, what the command adds}.
local ST, G, OW, SV, D, DR, DV, E, ES, LS, LV, LG = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
local FL, RV, CR, CA, CN, OC, N, SQ, DU, US, MORE = 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23

local at = tonumber(ARGV[1])
if ARGV[2] ~= '-1' then
  local time, slack = redis.call('TIME'), tonumber(ARGV[2])
  local own = time[1] * 1000 + math.floor(time[2] / 1000)
  if at > own + slack then at = own + slack elseif at < own - slack then at = own - slack end
end

-- `more`: one further field to read in the same round
local function read(more)
  return redis.call('HMGET', KEYS[1], 'st', 'g', 'ow', 'sv', 'd', 'dr', 'dv', 'e', 'es', 'ls', 'lv', 'lg',
    'fl', 'rv', 'cr', 'ca', 'cn', 'oc', 'n', 'sq', 'du', 'us', more or 'st')
end

local function reply(word, h, ...)
  return {word, at, h[RV], h[D], h[DR], h[DV], h[E], h[ES], h[LS], h[LV], h[LG], h[FL], h[ST], h[G], h[CR],
    h[CA], h[CN], h[OC], ...}
end

local function stranger(h, owner, session)
  if not h[ST] then return 'absent' end
  if h[OW] ~= owner then return 'not_owner' end
  if tonumber(session) < tonumber(h[SV]) then return 'revoked' end
end

local function over(h)
  if h[ST] == 'opening' then return 'opening' end
  if h[ST] ~= 'running' then return 'closed' end
end

-- The instant at which a page left for too long has ended the sitting. A deadline that comes first, wins.
local function forced_at(h)
  if h[LV] == '' then return nil end
  local instant = h[LV] + h[LG]
  if instant < tonumber(h[D]) then return instant end
end

local function late(h)
  local forced = forced_at(h)
  if forced and at >= forced then return 'forced' end
  if at >= tonumber(h[D]) then return 'too_late' end
end

-- Two hosts' stamps may go backwards; last seen may not.
local function seen(h)
  if at > tonumber(h[LS]) then h[LS] = string.format('%.0f', at) end
  return h[LS]
end

-- A sign of life cancels a leave.
local function is_back(h)
  if h[LV] ~= '' then
    h[LV] = ''
    redis.call('HSET', KEYS[1], 'lv', '')
    redis.call('ZADD', KEYS[3], h[DU], ARGV[3])
  end
end

-- A sitting stands in `unshipped` once, from its first line that nobody has shipped.
local function note(h, ...)
  redis.call('RPUSH', KEYS[2], ...)
  if h[US] ~= '1' then
    redis.call('HSET', KEYS[1], 'us', '1')
    redis.call('RPUSH', KEYS[4], ARGV[3])
  end
end

local function ms(instant) return string.format('%.0f', instant) end
