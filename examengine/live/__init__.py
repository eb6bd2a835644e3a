"""What is live: sittings in Redis, and the small things that live beside them. Redis stands only here."""

from examengine.live.coalesce import Coalescer, ScriptFailed, ShutSlot, Unavailable, WrongServer, connect
from examengine.live.desk import Desk, Operation, Pen
from examengine.live.openings import Deadline, Opening
from examengine.live.replies import CloseReason, FormSaved, Saved, Sitting, Standing, Word

__all__ = [
    "CloseReason",
    "Coalescer",
    "Deadline",
    "Desk",
    "FormSaved",
    "Opening",
    "Operation",
    "Pen",
    "Saved",
    "ScriptFailed",
    "ShutSlot",
    "Sitting",
    "Standing",
    "Unavailable",
    "Word",
    "WrongServer",
    "connect",
]
