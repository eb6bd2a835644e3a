"""Letting a candidate in again (允许重新登录): limits lifted, old sessions ended, where asked a one-time password."""

from dataclasses import dataclass

from examengine.records import accounts, audit, let_ins
from examengine.records.database import Reading, Writing
from examengine.records.let_ins import NewLetIn
from examengine.records.staffing import NO_PASSWORD
from examengine.records.words import Measure, Role
from examengine.refusals import Next, Reason, Refusal
from examengine.support.acts import Kind, Means, Owner, facts_of
from examengine.support.quotas import Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class LetInOrder:
    """What an agent orders. The one-time password is made from ``nonce`` and never kept."""

    person_id: int
    new_password: bool
    by_person: int
    reason_category: str
    reason: str
    ticket: str
    nonce: str
    second_person: int | None = None

    @property
    def source(self) -> str:
        return f"let_in:{self.nonce}"


async def let_in(tx: Writing, means: Means, order: LetInOrder, stamp_ms: int) -> Refusal | None:
    """End every session of the person, also in a sitting that runs, and set the one-time password where it is asked
    for. The limits are lifted in Redis by whoever calls this, after the commit.

    Raises:
        Missing: the person has no account.
        ValueError: a new password without the means to make it.
    """
    await accounts.lock_account(tx, order.person_id)
    if await let_ins.find_by_source(tx, order.source) is not None:
        return None
    refusal = await may_let_in(tx, order.person_id)
    if refusal is not None:
        return refusal
    if order.new_password:
        if means.password_hash is None:
            raise ValueError("no means to make a password")
        password_hash = await means.password_hash(order.nonce)
        await accounts.change_password(tx, order.person_id, password_hash, stamp_ms, initial=True)
    else:
        await accounts.end_sessions(tx, order.person_id, stamp_ms)
    made = await let_ins.add(
        tx,
        NewLetIn(
            person_id=order.person_id,
            new_password=order.new_password,
            nonce=order.nonce,
            reason_category=order.reason_category,
            reason=order.reason,
            ticket=order.ticket,
            by_person=order.by_person,
            second_person=order.second_person,
            source=order.source,
        ),
        stamp_ms,
    )
    facts = facts_of(order, order.person_id, let_in=made.id, new_password=order.new_password)
    await audit.append(tx, stamp_ms, order.by_person, "let_in", "person", order.person_id, facts)
    return None


async def may_let_in(tx: Reading, person_id: int) -> Refusal | None:
    """Why the desk cannot let the person in, or None. Whoever works here, and whoever was shut out on purpose, is the
    security administrator's to let in.

    Raises:
        Missing: the person has no account.
    """
    account, roles = await accounts.get_account_and_roles(tx, person_id)
    if not roles <= {Role.CANDIDATE}:
        return Refusal(Reason.NOT_OFFERED, Next.NONE)
    return Refusal(Reason.ACCOUNT_BLOCKED, Next.NONE) if account.password_hash == NO_PASSWORD else None


async def _refuses(tx: Reading, _means: Means, order: LetInOrder, _now_ms: int) -> Refusal | None:
    return await may_let_in(tx, order.person_id)


async def _owner(_tx: Reading, order: LetInOrder) -> Owner:
    return Owner(order.person_id)


async def _known(tx: Reading, order: LetInOrder) -> bool:
    return await let_ins.find_by_source(tx, order.source) is not None


KIND = Kind(
    slug="let_in",
    order=LetInOrder,
    subject="person_id",
    owner=_owner,
    perform=let_in,
    known=_known,
    refuses=_refuses,
    weight=lambda _order: Weight(Measure.LET_INS, 1),
)
