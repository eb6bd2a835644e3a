-- What every command that comes from an exam page begins with, after _sitting.lua.
--   ARGV[4] owner   ARGV[5] session version   ARGV[6] generation   ARGV[7] epoch of the page's token
local MAX_ASIDE = 250
-- Texts may be long and the journal keeps every one: of those longer than LONG it takes so many bytes in all.
local LONG, MAX_LONG = 64, 1572864

local function unknown(h)
  local word = stranger(h, ARGV[4], ARGV[5])
  if word then return word end
  if h[G] ~= ARGV[6] then return 'stale_generation' end
end

-- Why a page may not write now; the order is the one in which a person wants to be told.
local function barred(h)
  local word = over(h) or late(h)
  if word then return word end
  if h[E] ~= ARGV[7] then return 'pen_lost' end
end

local function answer(word, h, ...)
  if word == 'absent' or word == 'not_owner' or word == 'revoked' then return {word, at} end
  return reply(word, h, ...)
end

-- A report of the page about itself, ARGV[8] its sequence. One of another epoch, or older than something that
-- was accepted later, is only logged, in a capital letter; one that was accepted before is said again.
local function hearsay(h, letter)
  local mine = h[E] == ARGV[7]
  if mine and ARGV[8] == h[SQ] then return 'repeated' end
  if mine and tonumber(ARGV[8]) > tonumber(h[SQ]) then return nil end
  note_report(h, letter:upper() .. ' ' .. ms(at) .. ' ' .. ARGV[7] .. '.' .. ARGV[8])
  return 'logged'
end

local function is_in_range(h, position)
  return tonumber(position) >= 1 and tonumber(position) <= tonumber(h[N])
end

local function value_of(kept) return kept:match('^%d+ %d+%.%d+ %d+ (.*)$') end

-- Whether the journal has room for values of so many bytes, which are counted then (field lb).
local function has_room(bytes)
  local taken = (redis.call('HGET', KEYS[1], 'lb') or 0) + bytes
  if taken > MAX_LONG then return false end
  redis.call('HSET', KEYS[1], 'lb', taken)
  return true
end

-- What an older page could not send is kept for a person to see, a bounded number of times; never what stands anyway.
local function aside(h, field, sequence, kept, value)
  if field:sub(1, 1) ~= 'a' or (kept and value_of(kept) == value) or (not kept and value == '') then return end
  local entry = ARGV[7] .. '.' .. sequence .. ' ' .. field:sub(2) .. ' ' .. value
  local known = redis.call('HMGET', KEYS[1], 'sc', 'sm')
  if known[2] == entry or tonumber(known[1] or 0) >= MAX_ASIDE then return end
  if #value > LONG and not has_room(#value) then return end
  redis.call('HSET', KEYS[1], 'sc', (known[1] or 0) + 1, 'sm', entry)
  note(h, 's ' .. ms(at) .. ' ' .. entry)
end
