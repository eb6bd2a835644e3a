-- Asks whether a password may be tried. A try that may is counted as failed at once, so that a hundred at the same
-- moment are a hundred; a success takes it back.
-- KEYS, ARGV: see _sign_in.lua
-- Result: ms to wait; 0: try
local left = wait_here()
if left > 0 then return left end
set(KEYS[1], failures(KEYS[1]) + 1, now)
if not known then set(KEYS[2], failures(KEYS[2]) + 1, now) end
return 0
