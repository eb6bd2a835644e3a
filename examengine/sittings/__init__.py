"""The life of a sitting: contract, start, finish, sweep, and the pushes of facts to the live side."""
