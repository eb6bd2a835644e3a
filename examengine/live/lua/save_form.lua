-- Writes a whole form that was posted without JavaScript: all or nothing, and only what differs. A form has no
-- sequence of its own; it was posted with everything in view, so it comes after all its page has sent. Of an older
-- page nothing is written; answers that differ are kept as side entries.
-- KEYS, ARGV[1..7]: see _sitting.lua, _page.lua
-- ARGV[8], [9] … pairs: field (a<position> or f<position>), value
-- Result: saved · pen_lost · closed · too_late · forced · not_owner · revoked · stale_generation · absent ·
--     opening · out_of_range · too_many; adds how many fields were written
local h = read()
local word = unknown(h)
if word then return answer(word, h) end
word = barred(h)
if word and word ~= 'pen_lost' then return reply(word, h, 0) end

local fields, values = {}, {}
for i = 8, #ARGV, 2 do
  if not is_in_range(h, ARGV[i]:sub(2)) then return reply(word or 'out_of_range', h, 0) end
  fields[#fields + 1], values[#values + 1] = ARGV[i], ARGV[i + 1]
end
if word then
  for i, field in ipairs(fields) do
    aside(h, field, '0', redis.call('HGET', KEYS[1], field), values[i])
  end
  return reply(word, h, 0)
end
if #fields == 0 then
  alive(h, 0)
  return reply('saved', h, 0)
end

local is_returned = is_back(h)
local stamp, seq = ms(at), string.format('%.0f', h[SQ] + 1)
local mark, revision, write, lines, long = h[E] .. '.' .. seq, tonumber(h[RV]), {}, {}, 0
local kept = redis.call('HMGET', KEYS[1], unpack(fields))
for i, field in ipairs(fields) do
  local had, value = '', values[i]
  if kept[i] then had = value_of(kept[i]) end
  if had ~= value then
    revision = revision + 1
    if #value > LONG then long = long + #value end
    write[#write + 1] = field
    write[#write + 1] = revision .. ' ' .. mark .. ' ' .. stamp .. ' ' .. value
    lines[#lines + 1] = field:sub(1, 1) .. ' ' .. stamp .. ' ' .. mark .. ' ' .. field:sub(2) .. ' ' .. revision
      .. ' ' .. h[RV] .. ' ' .. value
  end
end
if revision > MAX_LINES then return reply('too_many', h, 0) end
if long > 0 and not has_room(long) then return reply('too_many', h, 0) end
if #lines > 0 then
  h[RV], h[SQ], h[SINCE] = revision, seq, stamp
  redis.call('HSET', KEYS[1], 'ls', seen(h), 'rv', revision, 'sq', seq, unpack(write))
  for _, line in ipairs(lines) do note(h, line) end
else
  alive(h, 0, is_returned)
end
return reply('saved', h, #lines)
