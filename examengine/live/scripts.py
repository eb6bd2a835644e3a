"""The Lua under ``lua/``: one command a file, what several share put before it."""

import hashlib
import re
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
    return Script(name, lean("\n".join((lua / f"{part}.lua").read_text("utf-8") for part in (*before, name))))


_COMMENT = re.compile(r"^--.*\n| --(?= ).*$", re.MULTILINE)
_CONSTANTS = re.compile(r"^local ([A-Z_]+(?:, [A-Z_]+)*) = (\d+(?:, \d+)*)\n", re.MULTILINE)
_FUNCTION = re.compile(r"^local function (\w+)\((?:.* end|.*\n(?:(?!end$).*\n)*end)\n", re.MULTILINE)


def lean(text: str) -> str:
    """The same script as it costs least: Redis makes a script's functions anew at every call, and each takes in what
    it names of the script around it. Constants are filled in, functions that are not called are left out.
    """
    text = _COMMENT.sub("", text)
    for names, numbers in _CONSTANTS.findall(text):
        for name, number in zip(names.split(", "), numbers.split(", "), strict=True):
            text = re.sub(rf"\b{name}\b", number, text)
    text = re.sub(r"^local \d.*\n", "", text, flags=re.MULTILINE)
    while uncalled := [found for found in _FUNCTION.finditer(text) if len(re.findall(rf"\b{found[1]}\b", text)) == 1]:
        for found in uncalled:
            text = text.replace(found[0], "")
    return text


def of_a_sitting(name: str) -> Script:
    """A command on one sitting, asked by the system."""
    return load(name, "_stamp", "_sitting")


def of_the_pen(name: str) -> Script:
    """A command that gives the pen of one sitting away."""
    return load(name, "_stamp", "_sitting", "_pen")


def of_a_page(name: str) -> Script:
    """A command on one sitting, asked by an exam page."""
    return load(name, "_stamp", "_sitting", "_page")
