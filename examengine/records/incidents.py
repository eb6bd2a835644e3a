"""Incidents of ours: who opened and approved them, and how far their work has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select, true, update

from examengine.records.database import AnyRow, Missing, Reading, Writing
from examengine.records.shapes import columns, from_json_text, json_text
from examengine.records.tables import enrolments, incident_losses, incidents, people
from examengine.records.words import IncidentPhase, IncidentSource, IncidentState, RemedyKind

EXECUTED = (
    IncidentState.APPROVED,
    IncidentState.DONE,
    IncidentState.UNDO_ASKED,
    IncidentState.UNDOING,
    IncidentState.UNDONE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whom something concerns: an exam, a region with all below it, a unit; None and "" leave that open."""

    exam_id: int | None = None
    region: str = ""
    unit_name: str = ""

    @property
    def region_prefix(self) -> str:
        """What the codes of the region and of all below it begin with (GB/T 2260)."""
        return prefix_of(self.region)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncident:
    """What is drafted; ``intent`` names the form it came from, ``policy`` is the incidents room's."""

    source: IncidentSource
    scope: Scope
    from_ms: int
    until_ms: int
    reason: str
    ticket: str
    notice: str
    policy: Mapping[str, Any]
    intent: str
    by_person: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident. ``surveyed_ms``: as of when its losses were counted."""

    id: int
    source: IncidentSource
    exam_id: int | None
    region: str
    unit_name: str
    from_ms: int
    until_ms: int
    reason: str
    ticket: str
    notice: str
    policy: Mapping[str, Any]
    intent: str
    state: IncidentState
    by_person: int
    at_ms: int
    asked_ms: int | None
    decided_by: int | None
    decided_ms: int | None
    phase: IncidentPhase | None
    cursor: int
    surveyed_ms: int | None
    done_ms: int | None
    undo_asked_by: int | None
    undo_asked_ms: int | None
    undo_reason: str
    undo_decided_by: int | None
    undo_decided_ms: int | None
    undone_ms: int | None

    @property
    def scope(self) -> Scope:
        return Scope(exam_id=self.exam_id, region=self.region, unit_name=self.unit_name)


INCIDENT = columns(incidents, Incident)


async def draft(tx: Writing, new: NewIncident, at_ms: int) -> tuple[Incident, bool]:
    """Draft an incident whose losses are to be counted; the form sent twice gives the same. Whether it is new."""
    row = {
        **_described(new),
        "source": new.source,
        "intent": new.intent,
        "state": IncidentState.DRAFTED,
        "by_person": new.by_person,
        "at_ms": at_ms,
        "phase": IncidentPhase.SURVEY_RUNNING,
    }
    is_new = await tx.insert_unless_known(incidents, row, "intent") > 0
    found = await tx.row(select(*INCIDENT).where(incidents.c.intent == new.intent))
    assert found is not None
    return incident_of(found), is_new


async def describe_again(tx: Writing, incident_id: int, new: NewIncident) -> None:
    """Change a draft: interval, scope, policy, words. Its losses are counted anew. Hold its lock."""
    await tx.run(delete(incident_losses).where(incident_losses.c.incident_id == incident_id))
    values = {**_described(new), "phase": IncidentPhase.SURVEY_RUNNING, "cursor": 0, "surveyed_ms": None}
    await tx.run(update(incidents).where(incidents.c.id == incident_id).values(**values))


async def get_incident(tx: Reading, incident_id: int) -> Incident:
    """One incident.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(*INCIDENT).where(incidents.c.id == incident_id))
    if row is None:
        raise Missing("incident", incident_id)
    return incident_of(row)


async def lock_incident(tx: Writing, incident_id: int) -> Incident:
    """The incident, locked until the transaction ends.

    Raises:
        Missing: there is none of that id.
    """
    await tx.lock_name(f"incident {incident_id}")
    return await get_incident(tx, incident_id)


async def list_incidents(tx: Reading, limit: int = 100) -> tuple[Incident, ...]:
    """Incidents, newest first."""
    rows = await tx.rows(select(*INCIDENT).order_by(incidents.c.id.desc()).limit(limit))
    return tuple(incident_of(row) for row in rows)


async def overlapping(tx: Reading, from_ms: int, until_ms: int) -> tuple[Incident, ...]:
    """Incidents that were not refused or given up and overlap ``[from_ms, until_ms)``, by their beginning."""
    statement = (
        select(*INCIDENT)
        .where(
            incidents.c.until_ms > from_ms,
            incidents.c.from_ms < until_ms,
            incidents.c.state.not_in((IncidentState.REFUSED, IncidentState.DROPPED)),
        )
        .order_by(incidents.c.from_ms, incidents.c.id)
    )
    return tuple(incident_of(row) for row in await tx.rows(statement))


async def count_waiting(tx: Reading) -> int:
    """How many wait for a second person."""
    waits = incidents.c.state.in_((IncidentState.ASKED, IncidentState.UNDO_ASKED))
    return int(await tx.value(select(func.count()).select_from(incidents).where(waits)))


async def has_remedies(tx: Reading, incident_id: int) -> bool:
    """Whether anybody is due anything by what was counted."""
    statement = select(incident_losses.c.attempt_id).where(
        incident_losses.c.incident_id == incident_id, incident_losses.c.remedy != RemedyKind.NONE
    )
    return await tx.value(statement.limit(1)) is not None


async def to_do(tx: Reading) -> tuple[Incident, ...]:
    """Incidents with a phase to be computed: what is approved first, then what is being counted."""
    statement = select(*INCIDENT).where(incidents.c.phase.is_not(None)).order_by(incidents.c.id)
    found = [incident_of(row) for row in await tx.rows(statement)]
    return tuple(sorted(found, key=lambda one: one.state not in EXECUTED))


async def move(tx: Writing, incident_id: int, **values: Any) -> None:
    """Set columns of an incident; hold its lock."""
    await tx.run(update(incidents).where(incidents.c.id == incident_id).values(**values))


async def advance(tx: Writing, known: Incident, **values: Any) -> bool:
    """Set columns where all is still as this worker read it; False: write nothing else."""
    mine = update(incidents).where(
        incidents.c.id == known.id,
        incidents.c.phase == known.phase,
        incidents.c.cursor == known.cursor,
        incidents.c.from_ms == known.from_ms,
        incidents.c.until_ms == known.until_ms,
        incidents.c.exam_id.is_not_distinct_from(known.exam_id),
        incidents.c.region == known.region,
        incidents.c.unit_name == known.unit_name,
        incidents.c.policy == json_text(known.policy),
    )
    return await tx.run(mine.values(**values)) > 0


def prefix_of(region: str) -> str:
    """A GB/T 2260 code without the trailing pairs of 0, which stand for all below."""
    while region.endswith("00"):
        region = region[:-2]
    return region


def in_scope(scope: Scope) -> ColumnElement[bool]:
    """A condition on enrolments joined with people."""
    asked: list[ColumnElement[bool]] = [true()]
    if scope.exam_id is not None:
        asked.append(enrolments.c.exam_id == scope.exam_id)
    if scope.region_prefix:
        asked.append(people.c.region.startswith(scope.region_prefix, autoescape=True))
    if scope.unit_name:
        asked.append(people.c.unit_name == scope.unit_name)
    return and_(*asked)


def _described(new: NewIncident) -> dict[str, Any]:
    return {
        "exam_id": new.scope.exam_id,
        "region": new.scope.region,
        "unit_name": new.scope.unit_name,
        "from_ms": new.from_ms,
        "until_ms": new.until_ms,
        "reason": new.reason,
        "ticket": new.ticket,
        "notice": new.notice,
        "policy": json_text(new.policy),
    }


def incident_of(row: AnyRow | Sequence[Any]) -> Incident:
    """From a row that begins with the columns :data:`INCIDENT`."""
    values = dict(zip((column.name for column in INCIDENT), row, strict=False))
    values["source"] = IncidentSource(values["source"])
    values["state"] = IncidentState(values["state"])
    values["phase"] = None if values["phase"] is None else IncidentPhase(values["phase"])
    values["policy"] = from_json_text(values["policy"])
    return Incident(**values)
