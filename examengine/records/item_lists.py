"""Lists of items, searched and paged in SQL: a bank may hold 50,000."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import ColumnElement, Integer, Select, and_, case, func, literal, or_, select, true, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from examengine.records.database import CHUNK, Reading
from examengine.records.heads import NAMELESS
from examengine.records.item_figures import ItemFigures, figures_of, newest_figures
from examengine.records.items import VERSION, ItemVersion
from examengine.records.shapes import chunks
from examengine.records.tables import exams, item_heads, item_versions, items, release_items
from examengine.records.words import ItemState

Validity = Literal["", "expired", "expiring", "dated", "undated"]
NO_TOPIC = "-"
"""Stands for items without a topic; no topic is called so."""


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items of a bank; what is empty does not ask.

    ``topic`` takes the topics below it along ("密码" takes "密码/签名"). ``validity`` compares the last day an item
    may be drawn with ``on_date`` (expired: before it) and ``soon`` (expiring: from ``on_date`` on, before ``soon``),
    both YYYY-MM-DD. ``states``: any of them. ``upto``: only where the newest version is not newer than that version;
    what was looked at. ``batch``: only where the newest version came with that import.
    """

    kind: str = ""
    difficulty: str = ""
    state: str = ""
    topic: str = ""
    text: str = ""
    validity: Validity = ""
    on_date: str = ""
    soon: str = ""
    states: tuple[str, ...] = ()
    upto: int | None = None
    batch: int | None = None


class Order(StrEnum):
    """What a list is sorted by; ``IMPORTED`` is the order in which the items first came."""

    IMPORTED = ""
    NUMBER = "no"
    FACILITY = "facility"
    DISCRIMINATION = "discrimination"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class ListedItem:
    """An item as a list shows it. ``checked_no``: its newest checked version; ``exams``: how many draw from it;
    ``figures`` of the newest version that enough people have answered.
    """

    external_no: str
    version: ItemVersion
    state: ItemState
    checked_no: int | None
    valid_until: str | None
    by_person: int | None
    at_ms: int
    exams: int
    figures: ItemFigures | None = None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Some of the items that were asked for; ``total`` counts all of them."""

    items: tuple[ListedItem, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts beside a list. ``expired``: items whose last day is over."""

    states: Mapping[ItemState, int]
    topics: Mapping[str, int]
    expired: int


class _Contains(FunctionElement[int]):
    """Above 0 where the first text contains the second; unlike LIKE no sign in it is a wildcard."""

    type = Integer()
    inherit_cache = True


@compiles(_Contains, "sqlite")
def _contains_on_sqlite(element: _Contains, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_Contains, "postgresql")
def _contains_on_postgresql(element: _Contains, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


def contains(text: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Whether a text contains a word; no sign in it is a wildcard."""
    return _Contains(text, word) > 0


def matches(bank_id: int, asked: ItemFilter) -> ColumnElement[bool]:
    """The condition on heads; ``asked.text`` must stand there as it is, but for letter case and the width of gaps."""
    head = item_heads.c
    conditions = [head.bank_id == bank_id]
    for column, value in ((head.kind, asked.kind), (head.difficulty, asked.difficulty), (head.state, asked.state)):
        if value:
            conditions.append(column == value)
    if asked.states:
        conditions.append(head.state.in_(asked.states))
    if asked.topic:
        conditions.append(_in_topic(head.topic, asked.topic))
    if asked.text:
        conditions.append(contains(head.words, " ".join(asked.text.lower().split())))
    match asked.validity:
        case "expired":
            conditions.append(head.valid_until < asked.on_date)
        case "expiring":
            conditions.append(and_(head.valid_until >= asked.on_date, head.valid_until < asked.soon))
        case "dated":
            conditions.append(head.valid_until.is_not(None))
        case "undated":
            conditions.append(head.valid_until.is_(None))
    if asked.upto is not None:
        conditions.append(head.version_id <= asked.upto)
    if asked.batch is not None:
        came = select(item_versions.c.id).where(item_versions.c.batch_id == asked.batch)
        conditions.append(head.version_id.in_(came))
    return and_(true(), *conditions)


_LISTED = (
    select(
        items.c.external_no,
        item_heads.c.state,
        item_heads.c.checked_no,
        item_heads.c.valid_until,
        item_heads.c.by_person,
        item_heads.c.at_ms,
        *VERSION,
    )
    .select_from(item_heads)
    .join(items, items.c.id == item_heads.c.item_id)
)


def _in_topic(column: ColumnElement[str], topic: str) -> ColumnElement[bool]:
    if topic == NO_TOPIC:
        return column == ""
    return or_(column == topic, column.startswith(f"{topic}/", autoescape=True))


async def find_items(
    tx: Reading,
    bank_id: int,
    asked: ItemFilter,
    *,
    offset: int = 0,
    limit: int = 50,
    order: Order = Order.IMPORTED,
    descending: bool = False,
) -> ItemPage:
    """The items that were asked for, in ``order``; those without a figure come last whichever way."""
    condition = matches(bank_id, asked)
    total = int(await tx.value(select(func.count()).select_from(item_heads).where(condition)))
    statement = _LISTED.join(item_versions, item_versions.c.id == item_heads.c.version_id)
    if order is Order.IMPORTED:
        chosen = (
            select(item_heads.c.item_id).where(condition).order_by(item_heads.c.item_id).offset(offset).limit(limit)
        ).subquery()
        statement = statement.join(chosen, chosen.c.item_id == item_heads.c.item_id)
        return ItemPage(await _listed(tx, statement), total)
    ranked = _ranked(bank_id, order, descending=descending).where(condition).offset(offset).limit(limit)
    place = {row.item_id: place for place, row in enumerate(await tx.rows(ranked))}
    found = await _listed(tx, statement.where(item_heads.c.item_id.in_(place)))
    return ItemPage(tuple(sorted(found, key=lambda one: place[one.version.item_id])), total)


def _ranked(bank_id: int, order: Order, *, descending: bool) -> Select[Any]:
    """Ids of items, sorted; equal ones in the order they came."""
    ids = select(item_heads.c.item_id)
    sorted_by: list[ColumnElement[Any]]
    match order:
        case Order.NUMBER:
            number = items.c.external_no
            ids = ids.join(items, items.c.id == item_heads.c.item_id)
            # "Q9" before "Q10"; those named by their text alone, after all that have a number
            nameless = or_(*(number.startswith(start) for start in NAMELESS))
            ids = ids.order_by(case((nameless, 1), else_=0))
            sorted_by = [case((nameless, 0), else_=func.length(number)), case((nameless, ""), else_=number)]
        case Order.CHANGED:
            sorted_by = [item_heads.c.at_ms]
        case _:
            figures = newest_figures(bank_id).subquery()
            ids = ids.outerjoin(figures, figures.c.item_id == item_heads.c.item_id)
            sorted_by = [figures.c[order.value]]
            ids = ids.order_by(sorted_by[0].is_(None))
    return ids.order_by(*(one.desc() if descending else one for one in sorted_by), item_heads.c.item_id)


async def listed_versions(tx: Reading, bank_id: int, version_ids: Sequence[int]) -> tuple[ListedItem, ...]:
    """These versions of a bank, at most a page of them, each with where its item stands."""
    statement = _LISTED.join(item_versions, item_versions.c.item_id == item_heads.c.item_id)
    return await _listed(tx, statement.where(item_heads.c.bank_id == bank_id, item_versions.c.id.in_(version_ids)))


async def _listed(tx: Reading, statement: Select[Any]) -> tuple[ListedItem, ...]:
    rows = await tx.rows(statement.order_by(item_heads.c.item_id, item_versions.c.no))
    uses = await _exams_of(tx, [row.item_id for row in rows])
    figures = await figures_of(tx, [row.item_id for row in rows])
    return tuple(
        ListedItem(
            row[0],
            ItemVersion(*row[6:]),
            ItemState(row.state),
            row.checked_no,
            row.valid_until,
            row.by_person,
            row.at_ms,
            uses.get(row.item_id, 0),
            figures.get(row.item_id),
        )
        for row in rows
    )


async def newest_version_id(tx: Reading) -> int:
    """The newest version there is, 0 before the first: what a list shows is not newer."""
    return int(await tx.value(select(func.coalesce(func.max(item_versions.c.id), 0))))


async def count_facets(tx: Reading, bank_id: int, asked: ItemFilter) -> Facets:
    """How many of the items that were asked for are in each state (whatever state was asked for), have each topic
    (whatever topic was asked for), and had their last day before ``asked.on_date``; one pass over the bank.
    """
    base = matches(bank_id, replace(asked, state="", topic=""))
    head = item_heads.c
    once = (
        "MATERIALIZED" if asked.text else "NOT MATERIALIZED"
    )  # words are read from the rows, the rest from an index
    found = select(head.state, head.topic, head.valid_until).where(base).cte("found").prefix_with(once)
    in_state = found.c.state == asked.state if asked.state else true()
    in_topic = _in_topic(found.c.topic, asked.topic) if asked.topic else true()
    past = found.c.valid_until < asked.on_date
    counts = union_all(
        select(literal("state"), found.c.state, func.count()).where(in_topic).group_by(found.c.state),
        select(literal("topic"), found.c.topic, func.count()).where(in_state).group_by(found.c.topic),
        select(literal("expired"), literal(""), func.count()).select_from(found).where(in_topic, past),
    )
    states: dict[ItemState, int] = {}
    topics: dict[str, int] = {}
    expired = 0
    for facet, value, count in await tx.rows(counts):
        match facet:
            case "state":
                states[ItemState(value)] = count
            case "topic":
                topics[value] = count
            case _:
                expired = count
    return Facets(states, dict(sorted(topics.items())), expired)


async def count_by_state(tx: Reading, bank_id: int) -> Mapping[ItemState, int]:
    """How many items of a bank are in each state."""
    rows = await tx.rows(_grouped(item_heads.c.state, item_heads.c.bank_id == bank_id))
    return {ItemState(row[0]): row[1] for row in rows}


async def count_by_kind(tx: Reading, bank_id: int, asked: ItemFilter) -> Mapping[str, int]:
    """How many of the items that were asked for are of each kind."""
    return {row[0]: row[1] for row in await tx.rows(_grouped(item_heads.c.kind, matches(bank_id, asked)))}


async def count_standings(
    tx: Reading, bank_id: int, asked: ItemFilter, person_id: int
) -> Mapping[tuple[ItemState, bool], int]:
    """The items that were asked for by state, and whether that person made their newest versions."""
    own = func.coalesce(item_heads.c.by_person == person_id, False).label("own")
    statement = (
        select(item_heads.c.state, own, func.count())
        .where(matches(bank_id, asked))
        .group_by(item_heads.c.state, "own")
    )
    return {(ItemState(row[0]), bool(row[1])): row[2] for row in await tx.rows(statement)}


async def newest_ids(tx: Reading, bank_id: int, asked: ItemFilter) -> tuple[int, ...]:
    """The newest versions of the items that were asked for."""
    statement = select(item_heads.c.version_id).where(matches(bank_id, asked)).order_by(item_heads.c.item_id)
    return tuple(row.version_id for row in await tx.rows(statement))


async def of_bank(tx: Reading, bank_id: int, version_ids: Sequence[int]) -> tuple[int, ...]:
    """Those of ``version_ids`` that are the bank's."""
    statement = select(item_versions.c.id).join_from(item_versions, items).where(items.c.bank_id == bank_id)
    found: list[int] = []
    for part in chunks(version_ids, CHUNK):
        found += [row.id for row in await tx.rows(statement.where(item_versions.c.id.in_(part)))]
    return tuple(found)


def _grouped(column: ColumnElement[Any], condition: ColumnElement[bool]) -> Select[Any]:
    return select(column, func.count()).where(condition).group_by(column)


async def _exams_of(tx: Reading, item_ids: Sequence[int]) -> Mapping[int, int]:
    """How many exams that are not withdrawn may draw each of the items, in whatever version."""
    statement = (
        select(item_versions.c.item_id, func.count(exams.c.id.distinct()))
        .select_from(item_versions)
        .join(release_items, release_items.c.version_id == item_versions.c.id)
        .join(exams, exams.c.release_id == release_items.c.release_id)
        .where(item_versions.c.item_id.in_(item_ids), exams.c.withdrawn_ms.is_(None))
        .group_by(item_versions.c.item_id)
    )
    return {row[0]: row[1] for row in await tx.rows(statement)}
