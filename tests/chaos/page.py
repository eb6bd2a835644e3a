"""An exam page as a browser has it, and what its script keeps: the outbox, by the same rules as static/exam/."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

Mark = tuple[int, int]
Stored = dict[int, tuple[str, Mark, int, str]]
"""What a browser keeps by position of what was acknowledged and is not in SQL yet: value, mark, revision, proof."""
NO_MARK: Mark = (0, 0)
QUESTION = re.compile(r'data-pos="(\d+)"[^>]*')


@dataclass(slots=True)
class Item:
    """What stands at the server for a question, as far as this page knows, and what it wants to stand."""

    value: str = ""
    mark: Mark = NO_MARK
    revision: int = 0
    wanted: str | None = None
    n: int = 0
    flying: bool = False


@dataclass
class Page:
    """One open page of one attempt."""

    attempt_id: int
    token: str
    epoch: int
    options: dict[int, list[str]]
    items: dict[int, Item]
    left_s: float
    opened_s: float
    n: int = 0
    device: int = 0
    stored: Stored = field(default_factory=dict)
    dead: str = ""
    lost_pen: bool = False
    heard_s: float = 0.0
    rejoins: int = 0
    kinds: dict[int, bool] = field(default_factory=dict)

    def number(self) -> int:
        self.n += 1
        return self.n

    def put(self, position: int, value: str) -> None:
        """The candidate has chosen."""
        item = self.items[position]
        item.wanted, item.n = value, self.number()

    def ready(self) -> list[int]:
        """Questions that have something to send."""
        waiting = [(item.n, position) for position, item in self.items.items() if item.wanted is not None]
        return [position for _, position in sorted(waiting) if not self.items[position].flying]

    def waiting(self) -> int:
        return sum(item.wanted is not None or item.flying for item in self.items.values())

    def deadline_s(self) -> float:
        return self.opened_s + self.left_s

    def heard_shipped(self, revision: int) -> None:
        """Everything up to this revision is in SQL: it need not be kept."""
        for position in [at for at, (_, _, kept, _) in self.stored.items() if kept <= revision]:
            del self.stored[position]

    def proved(self) -> list[tuple[str, int, int, str, str]]:
        """What this browser can prove to have been acknowledged (redeem.js)."""
        return [(f"a{position}", *mark, value, ack) for position, (value, mark, _, ack) in self.stored.items() if ack]

    def settle_leftovers(self) -> int:
        """What this browser was told is saved, and is not in the page (leftovers.js): how many are sent again."""
        resent = 0
        for position, (value, mark, *_rest) in tuple(self.stored.items()):
            item = self.items[position]
            if mark > item.mark and value != item.value:
                self.put(position, value)
                resent += 1
        return resent

    def joined(self, told: dict[str, Any]) -> int:
        """The sitting was rebuilt and this page has joined it again: how many operations it lacks (rejoin.js)."""
        self.token, self.epoch = told["token"], int(told["epoch"])
        theirs = {
            int(name[1:]): (value, revision, (int(epoch), int(n)))
            for name, value, revision, epoch, n in told.get("items", [])
            if name.startswith("a")
        }
        for position, (value, mark, _, ack) in tuple(self.stored.items()):
            kept_as, revision, theirs_mark = theirs.get(position, ("", 0, NO_MARK))
            if theirs_mark == mark and kept_as == value:
                self.stored[position] = (value, mark, revision, ack)
            else:
                del self.stored[position]
        resent = 0
        for position, item in self.items.items():
            value, revision, mark = theirs.get(position, ("", 0, NO_MARK))
            wanted = item.wanted
            if wanted is None:
                wanted = item.value if item.mark > mark else value
            item.value, item.revision, item.mark, item.wanted = value, revision, mark, None
            if wanted != value:
                self.put(position, wanted)
                resent += 1
        self.rejoins += 1
        return resent


def read_page(attempt_id: int, html: str, now_s: float) -> Page:
    """Read the page.

    Raises:
        ValueError: it is not an exam page.
    """
    token, epoch, left = _attribute(html, "data-token"), _attribute(html, "data-epoch"), _attribute(html, "data-left")
    options: dict[int, list[str]] = {}
    checked: dict[int, str] = {}
    many: dict[int, bool] = {}
    for kind, position, option, rest in re.findall(
        r'type="(radio|checkbox)" name="q(\d+)" value="(\w)"([^>]*)', html
    ):
        options.setdefault(int(position), []).append(option)
        many[int(position)] = kind == "checkbox"
        if "checked" in rest:
            checked[int(position)] = "".join(sorted(checked.get(int(position), "") + option))
    if not options:
        for position, option, rest in re.findall(r'name="q(\d+)" value="(\w)"([^>]*)', html):
            options.setdefault(int(position), []).append(option)
            if "checked" in rest:
                checked[int(position)] = "".join(sorted(checked.get(int(position), "") + option))
    items = {position: Item(value=checked.get(position, "")) for position in options}
    for found in QUESTION.finditer(html):
        item = items.get(int(found[1]))
        if item is None:
            continue
        if mark := re.search(r'data-mark="(\d+)\.(\d+)"', found[0]):
            item.mark = (int(mark[1]), int(mark[2]))
        if revision := re.search(r'data-rev="(\d+)"', found[0]):
            item.revision = int(revision[1])
    return Page(attempt_id, token, int(epoch), options, items, int(left) / 1000, now_s, kinds=many, heard_s=now_s)


def field_value(html: str, name: str) -> str:
    """The value of the first field of that name.

    Raises:
        ValueError: there is none.
    """
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    if found is None:
        raise ValueError(f"no field {name}")
    return unescape(found[1])


def _attribute(html: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', html)
    if found is None:
        raise ValueError(f"no attribute {name}")
    return unescape(found[1])
