"""Evidence: an attempt's journal as a chain, a log of links over all facts, signed checkpoints, receipts, exports.

Pure: no clock, no randomness, no I/O. ``docs/evidence.md`` says how to check all of it with other tools.
"""
