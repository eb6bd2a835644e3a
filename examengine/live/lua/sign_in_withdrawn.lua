-- Takes back the try that was counted last: the password was never looked at, by our own fault.
-- KEYS, ARGV: see _sign_in.lua
-- Result: 1
local n, t = failures(KEYS[1])
set(KEYS[1], n - 1, t)
if not known then
  n, t = failures(KEYS[2])
  set(KEYS[2], n - 1, t)
end
return 1
