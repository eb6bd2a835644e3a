"""What the checks before publishing read and keep: signatures, drills, backups, who may be enrolled, SQL's time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text

from examengine.records.database import AnyRow, Reading, Writing
from examengine.records.shapes import columns, from_json_text, json_text
from examengine.records.tables import backups, check_signatures, corrections, drills, people, release_items, roles
from examengine.records.words import CorrectionState, Role


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be published: a rulebook with a release and a blueprint, None for the rulebook's own."""

    digest: str
    release_id: int
    blueprint_id: int | None


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody answers for publishing although the check ``kind`` said ``finding``; ``facts`` is what it saw."""

    id: int
    kind: str
    finding: str
    facts: Mapping[str, Any]
    reason: str
    by_person: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A capacity drill: ``people`` began within ``minutes`` and sat at once; ``p99_ms`` until an answer was
    acknowledged, ``lost`` acknowledged answers that the record did not have; ``configuration`` of what was drilled;
    ``starts_p99_ms`` from the confirmed contract to the delivered paper, ``errors`` requests that failed.
    """

    at_ms: int
    people: int
    minutes: int
    p99_ms: int
    lost: int
    configuration: Mapping[str, Any]
    starts_p99_ms: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written whole; ``digest`` of its manifest."""

    made_ms: int
    digest: str
    octets: int


_SIGNATURE = columns(check_signatures, Signature)


async def add_signature(
    tx: Writing,
    subject: Subject,
    kind: str,
    finding: str,
    facts: Mapping[str, Any],
    reason: str,
    by_person: int,
    at_ms: int,
    source: str,
) -> bool:
    """Keep a signature; False where this form has signed it already."""
    row = {
        "digest": subject.digest,
        "release_id": subject.release_id,
        "blueprint_id": subject.blueprint_id,
        "kind": kind,
        "finding": finding,
        "facts": json_text(facts),
        "reason": reason,
        "by_person": by_person,
        "at_ms": at_ms,
        "source": source,
    }
    return await tx.insert_unless_known(check_signatures, row, "source") > 0


async def signatures_of(tx: Reading, subject: Subject, since_ms: int) -> tuple[Signature, ...]:
    """The signatures for one subject since an instant, oldest first."""
    statement = (
        select(*_SIGNATURE)
        .where(
            check_signatures.c.release_id == subject.release_id,
            check_signatures.c.digest == subject.digest,
            check_signatures.c.blueprint_id.is_not_distinct_from(subject.blueprint_id),
            check_signatures.c.at_ms >= since_ms,
        )
        .order_by(check_signatures.c.id)
    )
    return tuple(_signature(row) for row in await tx.rows(statement))


async def get_signatures(tx: Reading, ids: Iterable[int]) -> tuple[Signature, ...]:
    """Signatures by id, oldest first; one a check at most, so they are few."""
    statement = select(*_SIGNATURE).where(check_signatures.c.id.in_(list(ids))).order_by(check_signatures.c.id)
    return tuple(_signature(row) for row in await tx.rows(statement))


def _signature(row: AnyRow) -> Signature:
    return Signature(row.id, row.kind, row.finding, from_json_text(row.facts), row.reason, row.by_person, row.at_ms)


async def add_drill(tx: Writing, drill: Drill) -> int:
    """Keep a drill's result; its id.

    Raises:
        Conflict: nobody sat, or a figure is negative.
    """
    row = {
        "at_ms": drill.at_ms,
        "people": drill.people,
        "minutes": drill.minutes,
        "p99_ms": drill.p99_ms,
        "lost": drill.lost,
        "configuration": json_text(drill.configuration),
        "starts_p99_ms": drill.starts_p99_ms,
        "errors": drill.errors,
    }
    return await tx.insert(drills, row)


async def newest_drill(tx: Reading) -> Drill | None:
    """The drill that counts."""
    row = await tx.row(select(*columns(drills, Drill)).order_by(drills.c.at_ms.desc(), drills.c.id.desc()).limit(1))
    if row is None:
        return None
    return Drill(
        at_ms=row.at_ms,
        people=row.people,
        minutes=row.minutes,
        p99_ms=row.p99_ms,
        lost=row.lost,
        configuration=from_json_text(row.configuration),
        starts_p99_ms=row.starts_p99_ms,
        errors=row.errors,
    )


async def add_backup(tx: Writing, backup: Backup) -> int:
    """Note a backup that was written whole; its id."""
    return await tx.insert(backups, {"made_ms": backup.made_ms, "digest": backup.digest, "octets": backup.octets})


async def newest_backup(tx: Reading) -> Backup | None:
    """The backup that was begun last."""
    newest = select(*columns(backups, Backup)).order_by(backups.c.made_ms.desc(), backups.c.id.desc()).limit(1)
    row = await tx.row(newest)
    return None if row is None else Backup(*row)


async def count_candidates(tx: Reading, categories: Iterable[str]) -> int:
    """How many people could be enrolled: candidates of these categories who are not erased."""
    statement = (
        select(func.count())
        .select_from(people)
        .join(
            roles,
            (roles.c.person_id == people.c.id) & (roles.c.role == Role.CANDIDATE) & roles.c.revoked_ms.is_(None),
        )
        .where(people.c.erased_ms.is_(None), people.c.category.in_(list(categories)))
    )
    return int(await tx.value(statement))


async def count_corrections(tx: Reading, release_id: int) -> int:
    """How many corrections of keys of a release's items wait for a second person."""
    statement = (
        select(func.count())
        .select_from(corrections)
        .join(release_items, release_items.c.version_id == corrections.c.version_id)
        .where(corrections.c.state == CorrectionState.ASKED, release_items.c.release_id == release_id)
    )
    return int(await tx.value(statement))


async def own_time_ms(tx: Reading) -> int | None:
    """What the database's own clock says; None for SQLite, whose clock is this machine's."""
    if tx.is_sqlite:
        return None
    return int(await tx.value(text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")))
