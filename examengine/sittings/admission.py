"""How many starts and sign-ins a second are let in where no setting says so (start protection).

A start that has to wait its turn takes no attempt and no time: it begins when it is let in. Saves, signs of life,
hand-ins and returns to a running attempt are never asked for a place.
"""

STARTS_PER_CORE = 60.0
"""On PostgreSQL: about a third of what a core can do, so that saves, reloads and results keep the rest."""
STARTS_ON_SQLITE = 40.0
"""One writer at a time, whatever the cores: about a third of what it can do."""
SIGN_IN_SHARE = 0.5
"""Of the cores, for looking at passwords."""


def starts_a_second(cores: int, *, one_writer: bool) -> float:
    """What is let in by default, of all workers of one machine; ``one_writer``: the record is SQLite."""
    return min(STARTS_ON_SQLITE, STARTS_PER_CORE * cores) if one_writer else STARTS_PER_CORE * cores


def sign_ins_a_second(cores: int, hash_s: float) -> float:
    """How many passwords are looked at, where one takes ``hash_s`` of a core."""
    return max(1.0, SIGN_IN_SHARE * cores / max(hash_s, 1e-6))
