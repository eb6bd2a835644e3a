"""Publishing past red checks: a named person answers for each, with a reason; without that nothing is published."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from examengine.publishing.checks import SIGNED_FOR_MS, Check, in_the_way, standing
from examengine.publishing.exams import publish_exam
from examengine.records import audit, checks
from examengine.records.checks import Signature, Subject
from examengine.records.database import Database, Reading
from examengine.records.exams import Exam
from examengine.records.shelf import Shelf

MAX_REASON = 500


class NotSignedError(ValueError):
    """Red checks stand in the way that nobody has signed; ``checks`` are these."""

    def __init__(self, found: Sequence[Check]) -> None:
        super().__init__(", ".join(f"{check.kind}: {check.finding}" for check in found))
        self.checks = tuple(found)


@dataclass(frozen=True, slots=True)
class Asked:
    """A check as the form showed it: what is signed is this finding and no other."""

    kind: str
    finding: str


async def signatures(tx: Reading, subject: Subject, now_ms: int) -> tuple[Signature, ...]:
    """The signatures for a subject that may still stand, oldest first."""
    return await checks.signatures_of(tx, subject, now_ms - SIGNED_FOR_MS)


async def sign(
    database: Database,
    subject: Subject,
    found: Iterable[Check],
    asked: Collection[Asked],
    reason: str,
    by_person: int,
    nonce: str,
    now_ms: int,
) -> tuple[Check, ...]:
    """Sign those of ``asked`` that are red now with the finding that was shown: these. A form sent twice signs once.

    Args:
        found: the checks as they are now.
        nonce: of the form.
    """
    wanted = {(one.kind, one.finding) for one in asked}
    signed = tuple(check for check in found if check.may_be_signed and (check.kind, check.finding) in wanted)
    async with database.writing() as tx:
        for check in signed:
            facts = dict(check.facts)
            source = f"{nonce}:{check.kind}"
            new = await checks.add_signature(
                tx, subject, check.kind, check.finding, facts, reason, by_person, now_ms, source
            )
            if new:
                told = {"digest": subject.digest, "blueprint": subject.blueprint_id}
                told |= {"check": check.kind.value, "finding": check.finding.value}
                await audit.append(tx, now_ms, by_person, "sign", "release", subject.release_id, told)
    return signed


async def publish_checked(
    database: Database,
    shelf: Shelf,
    subject: Subject,
    found: Sequence[Check],
    title: str,
    by_person: int,
    now_ms: int,
) -> Exam:
    """Publish an exam whose checks were looked at in this request; see :func:`publish_exam`.

    Raises:
        NotSignedError: a red check stands in the way.
        NotReadyError, Missing: as ``publish_exam`` does.
    """
    async with database.reading() as tx:
        known = await signatures(tx, subject, now_ms)
    standing_in_the_way = in_the_way(found, known, now_ms)
    if standing_in_the_way:
        raise NotSignedError(standing_in_the_way)
    used = [signature.id for check in found if (signature := standing(known, check, now_ms)) is not None]
    return await publish_exam(
        database,
        shelf,
        subject.digest,
        subject.release_id,
        title,
        by_person,
        now_ms,
        blueprint_id=subject.blueprint_id,
        signed=used,
    )
