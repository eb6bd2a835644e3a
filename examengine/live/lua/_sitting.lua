-- What every command on one sitting begins with, after _stamp.lua; it runs nothing by itself.
--   KEYS[1] sitting (hash)   KEYS[2] its journal (list)   KEYS[3] due (sorted set)   KEYS[4] unshipped (list)
--   ARGV[1], [2] the stamp   ARGV[3] attempt id, the member of due and unshipped
-- A reply is {word, at} where the asker has no business with this sitting; what `brief` says where a page's answer was
-- saved or the page is alive; else what `reply` says. All may have more behind, which the command adds.
-- Fields that only some commands look at: pd device of the page with the pen · sc side entries kept, sm the last one's
-- mark · cd page openings that the journal had no room for · lb bytes of long values in the journal.
local ST, G, OW, SV, D, DR, E, LS, LV, LG, FL, RV = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
local N, SQ, DU, MORE, DV, ES, CR, CA, CN, OC, SINCE = 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23
local MAX_LINES, THINNED_MS = 20000, 20000

-- `more`: one further field to read in the same round. SINCE is the last sign of life before this command, or the
-- command's own stamp where it gives the pen away or has written several answers: see replies.shipped_revision. Answers
-- that are brought back leave LS as it was; their page joins again after it has brought them, which moves LS.
local function read(more)
  local h = redis.call('HMGET', KEYS[1], 'st', 'g', 'ow', 'sv', 'd', 'dr', 'e', 'ls', 'lv', 'lg', 'fl', 'rv',
    'n', 'sq', 'du', more or 'st', 'dv', 'es', 'cr', 'ca', 'cn', 'oc')
  h[SINCE] = h[LS]
  return h
end

-- As much of it as a page's answer or sign of life takes while all goes well: for `brief`. Others read again.
local function glance(more)
  local h = redis.call('HMGET', KEYS[1], 'st', 'g', 'ow', 'sv', 'd', 'dr', 'e', 'ls', 'lv', 'lg', 'fl', 'rv',
    'n', 'sq', 'du', more)
  h[SINCE] = h[LS]
  return h
end

-- What a page is told that all went well.
local function brief(word, h, ...)
  return {word, at, h[RV], h[D], h[DR], h[E], h[FL], h[SINCE], ...}
end

local function reply(word, h, ...)
  return {word, at, h[RV], h[D], h[DR], h[DV], h[E], h[ES], h[LS], h[LV], h[LG], h[FL], h[ST], h[G], h[CR],
    h[CA], h[CN], h[OC], h[SINCE], ...}
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

-- A sign of life cancels a leave; true where there was one. The journal must tell: whoever says nothing else there
-- notes a line for it.
local function is_back(h)
  if h[LV] == '' then return false end
  h[LV] = ''
  redis.call('HSET', KEYS[1], 'lv', '')
  redis.call('ZADD', KEYS[3], h[DU], ARGV[3])
  return true
end

-- Writes a line into the journal. It waits in `unshipped` as well until it is in SQL: attempt, generation, number of
-- the line, line. The shipper takes such lines by the hundred, whosever they are.
local function note(h, line)
  local number = redis.call('RPUSH', KEYS[2], line) - 1
  redis.call('RPUSH', KEYS[4], ARGV[3] .. ' ' .. h[G] .. ' ' .. number .. ' ' .. line)
end

local function ms(instant) return string.format('%.0f', instant) end

-- Reports are the page's to repeat as often as it likes: they do not fill the journal.
local function note_report(h, line)
  if redis.call('LLEN', KEYS[2]) < MAX_LINES then note(h, line) end
end

-- A sign of life that says nothing else in the journal: it gets a line at most every 20 s, or where it ends a leave.
-- `returned`: is_back was asked before; `pulsed`: field jl where it is read already
local function alive(h, sequence, returned, pulsed)
  if returned == nil then returned = is_back(h) end
  if returned or at >= (pulsed or redis.call('HGET', KEYS[1], 'jl')) + THINNED_MS then
    redis.call('HSET', KEYS[1], 'ls', seen(h), 'sq', h[SQ], 'jl', ms(at))
    note_report(h, 'p ' .. ms(at) .. ' ' .. h[E] .. '.' .. sequence)
  else
    redis.call('HSET', KEYS[1], 'ls', seen(h), 'sq', h[SQ])
  end
end
