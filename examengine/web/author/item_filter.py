"""What a bank's list is asked for: read from an address or a form, written back into either."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import get_args
from urllib.parse import urlencode

from examengine.banks.item import DIFFICULTIES
from examengine.records.item_lists import NO_TOPIC, ItemFilter, Order, Validity
from examengine.records.words import ItemState
from examengine.web import times
from examengine.web.contexts.items import TopicNode
from examengine.web.http import ZONE
from examengine.web.messages import KINDS
from examengine.web.wording import gettext as _

MAX_QUERY = 80
MAX_TOPIC = 300
SOON_DAYS = 90
VIEWS = ("", "full")
SORTS = tuple(sign + order for order in Order if order for sign in ("", "-"))
"""What a list may be sorted by; a minus turns it round."""
VALIDITIES: tuple[str, ...] = get_args(Validity)
EXPIRED = "expired"
"""Stands among the states: an item that may not be drawn any more, whatever else it is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of the filter, each "" where nothing was asked; ``view`` and ``sort`` are how the items are shown,
    ``batch`` is the number of an import.
    """

    q: str = ""
    kind: str = ""
    difficulty: str = ""
    state: str = ""
    topic: str = ""
    valid: str = ""
    view: str = ""
    sort: str = ""
    batch: str = ""

    @property
    def is_on(self) -> bool:
        return replace(self, view="", state="", sort="") != Asked()

    @property
    def order(self) -> Order:
        return Order(self.sort.removeprefix("-"))

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    def fields(self) -> tuple[tuple[str, str], ...]:
        """What is not empty, as names and values."""
        named = ((name, str(getattr(self, name))) for name in self.__slots__)
        return tuple((name, value) for name, value in named if value)

    def query(self, *more: tuple[str, str]) -> str:
        """The filter as a query string, with its question mark where there is one."""
        text = urlencode([*self.fields(), *more])
        return f"?{text}" if text else ""

    def conditions(self, now_ms: int, upto: int | None = None) -> ItemFilter:
        """The same as SQL is asked; days are those in China."""
        today = times.local(now_ms, ZONE).date()
        is_expired = self.state == EXPIRED
        validity: Validity = "expired" if is_expired else _validity(self.valid)
        return ItemFilter(
            kind=self.kind,
            difficulty=self.difficulty,
            state="" if is_expired else self.state,
            topic=self.topic,
            text=self.q,
            validity=validity,
            on_date=today.isoformat(),
            soon=(today + timedelta(days=SOON_DAYS)).isoformat(),
            upto=upto,
            batch=int(self.batch) if self.batch else None,
        )


def asked_of(fields: Mapping[str, str]) -> Asked:
    """The filter that an address or a form carries; what it cannot mean is left out."""

    def one_of(name: str, known: Sequence[str]) -> str:
        value = fields.get(name, "")
        return value if value in known else ""

    batch = fields.get("batch", "")
    return Asked(
        q=" ".join(fields.get("q", "")[:MAX_QUERY].split()),
        kind=one_of("kind", tuple(KINDS)),
        difficulty=one_of("difficulty", DIFFICULTIES),
        state=one_of("state", (*ItemState, EXPIRED)),
        topic=fields.get("topic", "")[:MAX_TOPIC].replace("\x00", "").strip(),
        valid=one_of("valid", VALIDITIES),
        view=one_of("view", VIEWS),
        sort=one_of("sort", SORTS),
        batch=batch if batch.isascii() and batch.isdecimal() and len(batch) <= 18 else "",
    )


def validity_choices() -> tuple[tuple[str, str], ...]:
    """What may be asked about the last day of items."""
    return (
        ("expired", _("已到期")),
        ("expiring", _("{n} 天内到期").format(n=SOON_DAYS)),
        ("dated", _("有期限")),
        ("undated", _("没有期限")),
    )


def topic_tree(counts: Mapping[str, int], asked: Asked, address: str) -> tuple[TopicNode, ...]:
    """Topics as a tree: "密码/签名" stands below "密码". Items without one come last."""
    nodes = _below("", counts, asked, address)
    if counts.get(""):
        text = _("（没有知识点）")
        href = address + replace(asked, topic=NO_TOPIC).query()
        nodes = (*nodes, TopicNode(href, text, counts[""], asked.topic == NO_TOPIC))
    return nodes


def topic_text(topic: str) -> str:
    return _("（没有知识点）") if topic == NO_TOPIC else topic


def _below(above: str, counts: Mapping[str, int], asked: Asked, address: str) -> tuple[TopicNode, ...]:
    prefix = f"{above}/" if above else ""
    heads: dict[str, int] = {}
    for topic, count in counts.items():
        if topic and topic.startswith(prefix):
            first = prefix + (topic[len(prefix) :].partition("/")[0] or topic[len(prefix) :])
            if first != above:
                heads[first] = heads.get(first, 0) + count
    return tuple(
        TopicNode(
            href=address + replace(asked, topic=path).query(),
            text=path[len(prefix) :],
            count=count,
            here=path == asked.topic,
            below=_below(path, {t: n for t, n in counts.items() if t.startswith(f"{path}/")}, asked, address),
        )
        for path, count in heads.items()
    )


def _validity(value: str) -> Validity:
    match value:
        case "expired" | "expiring" | "dated" | "undated":
            return value
    return ""
