"""The Lua under ``lua/``: one command a file, what several share put before it."""

import hashlib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Script:
    """A script as Redis gets it; ``sha`` is the name under which Redis keeps it."""

    name: str
    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha", hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest())


@cache
def load(name: str, *before: str) -> Script:
    """Read ``lua/<name>.lua``, with the named files put before it."""
    lua = files("examengine.live") / "lua"
    return Script(name, "\n".join((lua / f"{part}.lua").read_text("utf-8") for part in (*before, name)))


def of_a_sitting(name: str) -> Script:
    """A command on one sitting, asked by the system."""
    return load(name, "_sitting")


def of_the_pen(name: str) -> Script:
    """A command that gives the pen of one sitting away."""
    return load(name, "_sitting", "_pen")


def of_a_page(name: str) -> Script:
    """A command on one sitting, asked by an exam page."""
    return load(name, "_sitting", "_page")
