"""What is live: sittings in Redis, and the small things that live beside them. Redis stands only here."""

from examengine.live.coalesce import Coalescer, ScriptFailed, Unavailable, connect
from examengine.live.desk import Deadline, Desk, Opening, Operation, Pen
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
    "Sitting",
    "Standing",
    "Unavailable",
    "Word",
    "connect",
]
