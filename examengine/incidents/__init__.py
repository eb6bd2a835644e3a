"""Faults of ours made good for everybody they hit, and words to those who sit."""
