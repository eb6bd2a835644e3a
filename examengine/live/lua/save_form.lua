-- Writes a whole form that was posted without JavaScript: all or nothing, and only what differs. A form has no
-- sequence of its own; it was posted with everything in view, so it comes after all its page has sent.
-- KEYS, ARGV[1..7]: see _sitting.lua, _page.lua
-- ARGV[8], [9] … pairs: field (a<position> or f<position>), value
-- Result: saved · pen_lost · closed · too_late · forced · not_owner · revoked · stale_generation · absent ·
--     opening · out_of_range · too_many; adds how many fields were written
local h = read()
local word = unknown(h)
if word then return answer(word, h) end
word = barred(h)
if word then return reply(word, h, 0) end

local fields, values = {}, {}
for i = 8, #ARGV, 2 do
  local position = tonumber(ARGV[i]:sub(2))
  if position < 1 or position > tonumber(h[N]) then return reply('out_of_range', h, 0) end
  fields[#fields + 1], values[#values + 1] = ARGV[i], ARGV[i + 1]
end
is_back(h)
if #fields == 0 then
  redis.call('HSET', KEYS[1], 'ls', seen(h))
  return reply('saved', h, 0)
end

local stamp, seq = ms(at), string.format('%.0f', h[SQ] + 1)
local mark, revision, write, lines = h[E] .. '.' .. seq, tonumber(h[RV]), {}, {}
local kept = redis.call('HMGET', KEYS[1], unpack(fields))
for i, field in ipairs(fields) do
  local had, value = '', values[i]
  if kept[i] then had = kept[i]:match('^%d+ %d+%.%d+ %d+ (.*)$') end
  if had ~= value then
    revision = revision + 1
    write[#write + 1] = field
    write[#write + 1] = revision .. ' ' .. mark .. ' ' .. stamp .. ' ' .. value
    lines[#lines + 1] = field:sub(1, 1) .. ' ' .. stamp .. ' ' .. mark .. ' ' .. field:sub(2) .. ' ' .. revision
      .. ' ' .. h[RV] .. ' ' .. value
  end
end
if revision > MAX_LINES then return reply('too_many', h, 0) end
if #lines > 0 then
  h[RV], h[SQ] = revision, seq
  redis.call('HSET', KEYS[1], 'ls', seen(h), 'rv', revision, 'sq', seq, unpack(write))
  note(h, unpack(lines))
else
  redis.call('HSET', KEYS[1], 'ls', seen(h))
end
return reply('saved', h, #lines)
