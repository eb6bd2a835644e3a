-- Writes one answer or flag. What orders operations is (epoch, sequence), never the time. An answer of an older page
-- is not written but kept as a side entry.
-- KEYS, ARGV[1..7]: see _sitting.lua, _page.lua
-- ARGV[8] sequence   [9] field: a<position> or f<position>   [10] position   [11] base revision   [12] value
-- Result: saved · repeated · superseded · pen_lost · closed · too_late · forced · not_owner · revoked ·
--     stale_generation · absent · opening · out_of_range · too_many; adds the field as it stands now
local h = glance(ARGV[9])
local word = unknown(h)
if word then return answer(word, read()) end
local kept = h[MORE]
word = barred(h)
if word then
  if word == 'pen_lost' and is_in_range(h, ARGV[10]) then aside(h, ARGV[9], ARGV[8], kept, ARGV[12]) end
  return reply(word, read(), kept)
end
if not is_in_range(h, ARGV[10]) then return reply('out_of_range', read(), false) end

local seq = tonumber(ARGV[8])
if kept then
  local epoch, sequence, value = kept:match('^%d+ (%d+)%.(%d+) %d+ (.*)$')
  if epoch == h[E] and tonumber(sequence) >= seq then
    -- The same operation with another value is not the same: it must not be told that it was written.
    if tonumber(sequence) == seq and value == ARGV[12] then word = 'repeated' else word = 'superseded' end
    alive(h, 0)
    return reply(word, read(), kept)
  end
end

local revision = h[RV] + 1
if revision > MAX_LINES then return reply('too_many', read(), kept) end
if #ARGV[12] > LONG and not has_room(#ARGV[12]) then return reply('too_many', read(), kept) end
h[RV] = revision
if seq > tonumber(h[SQ]) then h[SQ] = ARGV[8] end
local stamp, mark = ms(at), h[E] .. '.' .. ARGV[8]
kept = revision .. ' ' .. mark .. ' ' .. stamp .. ' ' .. ARGV[12]
is_back(h)
redis.call('HSET', KEYS[1], 'ls', seen(h), 'rv', revision, 'sq', h[SQ], ARGV[9], kept)
note(h, ARGV[9]:sub(1, 1) .. ' ' .. stamp .. ' ' .. mark .. ' ' .. ARGV[10] .. ' ' .. revision .. ' ' .. ARGV[11]
  .. ' ' .. ARGV[12])
return brief('saved', h, kept)
