"""From answers to a score: exact, in integers, and the same again whenever the key version is the same."""
