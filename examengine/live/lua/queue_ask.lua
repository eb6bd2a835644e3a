-- Asks to be let in: at once where nobody waits and the bucket holds a place, else by a place in the line. Whoever asks
-- gives a sign of life, and lets in as many from the head of the line as the bucket holds by now: first come, first
-- served, one place an account.
-- KEYS[1] state (hash, below)   KEYS[2] line (sorted set: account, by number)   KEYS[3] last signs (sorted set, by ms)
-- KEYS[4] let in (sorted set: account, by ms)   KEYS[5] joined (hash: account → ms), of those in the line or let in
--   state: t places in the bucket · at ms when they were counted · r the share of what is set that is let in now · st ms when r was last looked
--   at · sl '1': somebody has said since that it is slow · lq number last given · ws, wn since when how many were let in
--   from the line · lr places a second over the last such span
-- ARGV[1], [2]: see _stamp.lua
-- ARGV[3] account   [4] places a second as set   [5] '1': what they lead to is slow   [6] '1': keep the place when let in
-- at once, for whoever comes for it in a moment or again
-- Result: {1, joined} let in · {0, joined, how many are before, ms to wait, 1 where the place is new}
local EXPIRES_MS, VALID_MS, STEP_MS, SPAN_MS, BACK_MS, GONE_AT_ONCE = 60000, 300000, 2000, 5000, 10000, 1000
local state, line, signs, let_in, joined = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local account, set_rate = ARGV[3], tonumber(ARGV[4])

local came = redis.call('ZSCORE', let_in, account)
if came and tonumber(came) > at - VALID_MS then return {1, tonumber(redis.call('HGET', joined, account) or at)} end

local s = redis.call('HMGET', state, 't', 'at', 'r', 'st', 'sl', 'lq', 'ws', 'wn', 'lr')
-- two hosts' stamps may go backwards a little; a clock that was moved back begins anew
local last = tonumber(s[2] or at)
if last - at > BACK_MS then last = at end

local function ms(instant) return string.format('%.0f', instant) end
local function part(number) return string.format('%.6f', number) end

-- Slow for a step of two seconds: a third less, not below a tenth. Every other step: a twentieth of what is set more.
local share, since = math.min(tonumber(s[3] or 1), 1), tonumber(s[4] or at)
local slow = s[5] == '1' or ARGV[5] == '1'
if since - at > BACK_MS then since = at end
local steps = math.floor((at - since) / STEP_MS)
if steps >= 1 then
  if slow then
    share, steps, slow = math.max(0.1, share * 2 / 3), steps - 1, false
  end
  share, since = math.min(1, share + steps / 20), at
end

local rate = set_rate * share
-- What flows in while somebody waits is his, however long nobody asked; else the bucket holds a second of it.
local waiting = redis.call('ZCARD', line)
local most = math.max(1, rate)
local places = tonumber(s[1] or most) + math.max(0, at - last) * rate / 1000
if waiting == 0 then places = math.min(most, places) end
last = math.max(last, at)

local function keep(...)
  redis.call('HSET', state, 't', part(places), 'at', ms(last), 'r', part(share), 'st', ms(since),
    'sl', slow and '1' or '0', ...)
end

local function forget(from, until_ms)
  local gone = redis.call('ZRANGEBYSCORE', from, '-inf', ms(until_ms), 'LIMIT', 0, GONE_AT_ONCE)
  if #gone > 0 then
    redis.call('ZREM', from, unpack(gone))
    redis.call('HDEL', joined, unpack(gone))
  end
  return gone
end

if waiting == 0 and places >= 1 then
  places = places - 1
  keep()
  if ARGV[6] == '1' then
    forget(let_in, at - VALID_MS)
    redis.call('ZADD', let_in, ms(at), account)
    redis.call('HSET', joined, account, ms(at))
    redis.call('PEXPIRE', let_in, VALID_MS)
    redis.call('PEXPIRE', joined, VALID_MS + EXPIRES_MS)
  end
  return {1, at}
end

local gone = forget(signs, at - EXPIRES_MS)
if #gone > 0 then redis.call('ZREM', line, unpack(gone)) end
forget(let_in, at - VALID_MS)

local from_ms, count, per_second = tonumber(s[7] or at), tonumber(s[8] or 0), tonumber(s[9] or rate)
if redis.call('ZCARD', line) == 0 or from_ms - at > BACK_MS then from_ms, count, per_second = at, 0, rate end

local number = tonumber(s[6] or 0)
local new = not redis.call('ZSCORE', line, account)
if new then
  -- by the millisecond, and by turns within it
  number = math.max(number + 1, at * 1000)
  if number > at * 1000 + BACK_MS * 1000 then number = at * 1000 end
  redis.call('ZADD', line, ms(number), account)
  redis.call('HSET', joined, account, ms(at))
end
redis.call('ZADD', signs, ms(at), account)

local heads = places >= 1 and redis.call('ZRANGE', line, 0, math.floor(places) - 1) or {}
for _, head in ipairs(heads) do
  redis.call('ZREM', line, head)
  redis.call('ZREM', signs, head)
  redis.call('ZADD', let_in, ms(at), head)
end
places, count = math.min(most, places - #heads), count + #heads
-- a span in which ten should be let in
if at - from_ms >= math.max(SPAN_MS, 10000 / rate) then
  from_ms, count, per_second = at, 0, count * 1000 / (at - from_ms)
end
keep('lq', ms(number), 'ws', ms(from_ms), 'wn', count, 'lr', part(per_second))
-- where nobody asks any more, nothing is left
redis.call('PEXPIRE', line, 2 * EXPIRES_MS)
redis.call('PEXPIRE', signs, 2 * EXPIRES_MS)
redis.call('PEXPIRE', let_in, VALID_MS)
redis.call('PEXPIRE', joined, VALID_MS + EXPIRES_MS)

local rank = redis.call('ZRANK', line, account)
if not rank then return {1, tonumber(redis.call('HGET', joined, account) or at)} end
local expected = math.max(math.min(per_second, rate), rate / 4)
local wait = math.max(0, rank + 1 - places) * 1000 / expected
return {0, tonumber(redis.call('HGET', joined, account) or at), rank, math.ceil(wait), new and 1 or 0}
