"""The second person's word about what an agent may not do alone (A-15, C6)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from examengine.records import approvals, audit
from examengine.records.database import Database
from examengine.records.words import Decision
from examengine.refusals import Next, Reason, Refusal
from examengine.support import accommodations, extra_time, grants, hand_ins, let_ins, undo, voids
from examengine.support.acts import Kind, Means, order_of

KINDS: Mapping[str, Kind[Any]] = MappingProxyType(
    {
        kind.slug: kind
        for kind in (
            grants.KIND,
            extra_time.KIND,
            hand_ins.KIND,
            voids.KIND,
            undo.KIND,
            let_ins.KIND,
            accommodations.ACCOMMODATE,
            accommodations.END_ACCOMMODATION,
        )
    }
)
"""Acts by the name that a request keeps."""


async def decide(
    database: Database, means: Means, approval_id: int, decision: Decision, by_person: int, stamp_ms: int
) -> Refusal | None:
    """Record the second person's word; one decided before stays. Approved, the act is done in the same transaction,
    by the function that does it for one person. Neither the asker nor the candidate decides.

    Raises:
        Missing: there is no such request.
    """
    async with database.writing() as tx:
        waiting = await approvals.get_approval(tx, approval_id)
        if by_person in {waiting.asked_by, waiting.person_id}:
            return Refusal(Reason.TWO_PERSONS_REQUIRED, Next.NONE)
        await tx.lock_name(f"approval:{approval_id}")
        waiting = await approvals.get_approval(tx, approval_id)
        if waiting.decision is not None:
            return None
        kind = KINDS[waiting.act["act"]]
        entry_id = None
        if decision is Decision.APPROVED:
            done = await kind.perform(tx, means, order_of(kind, waiting, by_person), stamp_ms)
            if isinstance(done, Refusal):
                return done
            entry_id = done.id if done is not None else None
        await approvals.decide(tx, approval_id, decision, by_person, entry_id, stamp_ms)
        subject = waiting.act.get(kind.subject)
        facts = {
            "person": waiting.person_id,
            "act": kind.slug,
            "approval": approval_id,
            "decision": decision.value,
        }
        await audit.append(tx, stamp_ms, by_person, "decide_second", kind.object_kind, subject, facts)
    return None
