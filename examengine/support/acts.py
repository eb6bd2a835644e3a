"""Acts of the desk: done at once within an agent's quota, laid before a second person above it (A-15, C6).

An act is a :class:`Kind`: how its order looks, whose it is, what it weighs, and the one function that does it. The
same function does it for the agent and, later, for the second person who approves.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Generic, Protocol, TypeVar

from examengine.records import approvals, audit
from examengine.records.database import Database, Reading, Writing
from examengine.records.entries import Entry
from examengine.records.shelf import Shelf
from examengine.refusals import Next, Reason, Refusal
from examengine.support import quotas
from examengine.support.quotas import Weight, Why

_NOT_ASKED = ("by_person", "second_person")
"""Fields of an order that a request keeps in columns of its own."""


class Order(Protocol):
    """What every order says. ``second_person``: who approved it. ``nonce`` names the form: sent twice, one act."""

    @property
    def by_person(self) -> int: ...
    @property
    def second_person(self) -> int | None: ...
    @property
    def reason_category(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def ticket(self) -> str: ...
    @property
    def nonce(self) -> str: ...


OrderT = TypeVar("OrderT", bound=Order)


@dataclass(frozen=True, slots=True)
class Means:
    """What doing an act may need beside the transaction. ``password_hash``: of the one-time password that a form's
    nonce stands for.
    """

    shelf: Shelf
    password_hash: Callable[[str], Awaitable[str]] | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose record an order is about; ``enrolment_id`` None: the person's as a whole."""

    person_id: int
    enrolment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The act was laid before a second person."""

    approval_id: int


async def _never_refuses(_tx: Reading, _means: "Means", _order: Any, _now_ms: int) -> Refusal | None:
    return None


async def _never(_tx: Reading, _order: Any) -> bool:
    return False


def _nothing(_order: Any) -> Weight | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[OrderT]):
    """One kind of act.

    ``perform`` writes it in the transaction it is given, or says why not before it has written anything; done
    already, it answers the entry of then. ``refuses``: why it is of no use to ask a second person. ``known``:
    whether this form was carried out before. ``owner`` raises ``Missing`` where there is nothing of that id.
    ``subject`` names the field whose value two requests share that ask for the same. ``needs_second``: always, and
    not only above the bounds of the agent that ``weight`` counts against.
    """

    slug: str
    order: type[OrderT]
    subject: str
    owner: Callable[[Reading, OrderT], Awaitable[Owner]]
    perform: Callable[[Writing, Means, OrderT, int], Awaitable[Entry | Refusal | None]]
    known: Callable[[Reading, OrderT], Awaitable[bool]] = _never
    refuses: Callable[[Reading, Means, OrderT, int], Awaitable[Refusal | None]] = _never_refuses
    needs_second: Callable[[Reading, OrderT], Awaitable[bool]] = _never
    weight: Callable[[OrderT], Weight | None] = _nothing

    @property
    def object_kind(self) -> str:
        """What the audit log calls its subject."""
        return self.subject.removesuffix("_id")


async def act(
    database: Database, means: Means, kind: Kind[OrderT], order: OrderT, stamp_ms: int
) -> Entry | Asked | Refusal | None:
    """Do what an agent orders, or lay it before a second person. Nobody acts for himself.

    Raises:
        Missing: there is nothing of that id.
        ValueError: no reason, or something out of bounds.
    """
    if not order.reason.strip():
        raise ValueError("an act needs a reason")
    async with database.writing() as tx:
        owner = await kind.owner(tx, order)
        if owner.person_id == order.by_person:
            return Refusal(Reason.TWO_PERSONS_REQUIRED, Next.NONE)
        if not await kind.known(tx, order):
            await tx.lock_name(f"desk:{order.by_person}")  # two forms at once share one quota
            if await why_second(tx, kind, order, owner, stamp_ms) is not None:
                refusal = await kind.refuses(tx, means, order, stamp_ms)
                return refusal if refusal is not None else await _ask(tx, kind, order, owner, stamp_ms)
        return await kind.perform(tx, means, order, stamp_ms)


async def why_second(tx: Reading, kind: Kind[OrderT], order: OrderT, owner: Owner, now_ms: int) -> Why | None:
    """Why a second person has to approve the order, or None: the agent may do it alone."""
    if await kind.needs_second(tx, order):
        return Why.ALWAYS
    weight = kind.weight(order)
    if weight is None:
        return None
    return (await quotas.look(tx, order.by_person, owner.person_id, weight, now_ms)).why


def order_of(kind: Kind[OrderT], asked: approvals.Approval, second_person: int | None = None) -> OrderT:
    """The order that a request stands for."""
    told = {name: value for name, value in asked.act.items() if name != "act"}
    told.setdefault("nonce", f"approval:{asked.id}")
    make: Callable[..., OrderT] = kind.order
    return make(**told, by_person=asked.asked_by, second_person=second_person)


def facts_of(order: Order, person_id: int, **more: object) -> Mapping[str, object]:
    """What the audit line of an act says of every order; ``person`` is whose record it touched."""
    facts: dict[str, object] = {"person": person_id, "reason": order.reason_category, **more}
    if order.second_person is not None:
        facts["second"] = order.second_person
    return facts


async def _ask(tx: Writing, kind: Kind[OrderT], order: OrderT, owner: Owner, now_ms: int) -> Asked:
    subject = getattr(order, kind.subject)
    for before in await approvals.of_person(tx, owner.person_id):
        if before.act["act"] != kind.slug:
            continue
        same_form = order.nonce and before.act.get("nonce") == order.nonce and before.asked_by == order.by_person
        waits = before.decision is None and before.act.get(kind.subject) == subject
        if same_form or waits:
            return Asked(before.id)
    told = {name: value for name, value in asdict(order).items() if name not in _NOT_ASKED}  # type: ignore[call-overload]
    approval_id = await approvals.ask(
        tx, owner.person_id, owner.enrolment_id, {"act": kind.slug, **told}, order.by_person, now_ms
    )
    facts = facts_of(order, owner.person_id, act=kind.slug, approval=approval_id)
    await audit.append(tx, now_ms, order.by_person, "ask_second", kind.object_kind, subject, facts)
    return Asked(approval_id)
