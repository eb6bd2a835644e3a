"""The acts of the desk, one module each; what they share is ``web/support/act.py``."""
