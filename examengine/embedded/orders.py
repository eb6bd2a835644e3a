"""What a supervisor tells a worker at its birth: one line over their socket pair, for keys are no arguments."""

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from examengine.settings import Settings

MAX_BYTES = 64 * 1024
READY = b"R"
"""From the worker: it takes requests."""
BEAT = b"."
"""From the worker, every ``BEAT_SECONDS``: its event loop turns."""
BEAT_SECONDS = 1.0
REFUSED = 3
"""Exit code of a worker that will never be able to serve as things are; it has said why. uvicorn's is the same."""


@dataclass(frozen=True, slots=True)
class Orders:
    """How to serve.

    ``redis_folder``: of a Redis of our own, empty where there is none. ``clock_ms``: how far a demo that lives
    through another day shifts the clock; fault tests shift that of the first worker (``settings.clock_offset_ms``).
    ``log_level``: what is logged, as in ``logging``. ``notice_ms``: how long before its end a worker that was asked
    to go says so.
    """

    settings: Settings
    redis_folder: str = ""
    clock_ms: int = 0
    is_first: bool = True
    log_level: int = 0
    notice_ms: int = 500
    hotline: str = ""
    hotline_hours: str = ""

    @property
    def offset_ms(self) -> int:
        """How far this worker's clock is shifted in all."""
        return self.clock_ms + (self.settings.clock_offset_ms if self.is_first else 0)

    def line(self) -> bytes:
        """As it is sent."""
        return json.dumps(asdict(self), default=str).encode() + b"\n"

    @classmethod
    def received(cls, line: socket.socket) -> Self:
        """Read the orders.

        Raises:
            EOFError: the supervisor has gone.
        """
        text = b""
        while not text.endswith(b"\n"):
            part = line.recv(MAX_BYTES)
            if not part or len(text) > MAX_BYTES:
                raise EOFError("no orders")
            text += part
        given = json.loads(text)
        settings = given.pop("settings")
        for name in ("signing_keys", "field_keys", "evidence_keys"):
            settings[name] = tuple(settings[name])
        return cls(Settings(**{**settings, "data_dir": Path(settings["data_dir"])}), **given)
