-- After a wrong password: how long until the next try. It was counted when it was allowed.
-- KEYS, ARGV: see _sign_in.lua
-- Result: ms to wait
return wait_here()
