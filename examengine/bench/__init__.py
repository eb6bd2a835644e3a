"""Measures the engine through its whole stack: signed cookies, guards, scripts, Redis with AOF ``always``."""
