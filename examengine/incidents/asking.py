"""Opening an incident, adjusting it, laying it before a second person, deciding it; and the same for taking it back.

Who opens, who approves: operators (the web asks for the role), never the same person. What was counted and shown is
what is approved; it is given by the function that counted it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from examengine.incidents.remedy import Policy, to_kept
from examengine.records import announcements, audit, incidents
from examengine.records.announcements import NewAnnouncement
from examengine.records.database import Database
from examengine.records.incidents import Incident, NewIncident, Scope
from examengine.records.words import Decision, IncidentPhase, IncidentSource, IncidentState

LONGEST_MS = 24 * 3_600_000
NOTICE_MS = 12 * 3_600_000
"""How long candidates are told of an incident."""
OPEN = (IncidentState.DRAFTED, IncidentState.ASKED)


class Obstacle(StrEnum):
    """Why an incident cannot be adjusted, asked for, decided or taken back."""

    OWN_REQUEST = "own_request"
    NOT_YOURS = "not_yours"
    NOT_SURVEYED = "not_surveyed"
    SURVEY_IS_OLD = "survey_is_old"
    NOBODY = "nobody"
    NOT_OPEN = "not_open"


def new_incident(
    *,
    source: IncidentSource,
    scope: Scope,
    from_ms: int,
    until_ms: int,
    reason: str,
    ticket: str,
    notice: str,
    policy: Policy,
    intent: str,
    by_person: int,
    now_ms: int,
) -> NewIncident:
    """An incident to draft.

    Raises:
        ValueError: an interval that is empty, longer than a day or not over yet, or no reason.
    """
    if not 0 < until_ms - from_ms <= LONGEST_MS or until_ms > now_ms:
        raise ValueError(f"interval: {from_ms} to {until_ms}")
    if not reason.strip():
        raise ValueError("an incident needs a reason")
    return NewIncident(
        source=source,
        scope=scope,
        from_ms=from_ms,
        until_ms=until_ms,
        reason=reason,
        ticket=ticket,
        notice=notice,
        policy=to_kept(policy),
        intent=intent,
        by_person=by_person,
    )


async def open_incident(database: Database, new: NewIncident, now_ms: int) -> Incident:
    """Draft an incident; what attempts lost by it is counted next. The same form again gives the same draft."""
    async with database.writing() as tx:
        made, is_new = await incidents.draft(tx, new, now_ms)
        if is_new:
            await audit.append(tx, now_ms, new.by_person, "open_incident", "incident", made.id, _facts(made))
    return made


async def adjust_incident(database: Database, incident_id: int, new: NewIncident, now_ms: int) -> Obstacle | None:
    """Change a draft, or count anew what has come in since; a request for approval is taken back by it.

    Raises:
        Missing: there is no such incident.
    """
    async with database.writing() as tx:
        known = await incidents.lock_incident(tx, incident_id)
        if known.by_person != new.by_person:
            return Obstacle.NOT_YOURS
        if known.state not in OPEN:
            return Obstacle.NOT_OPEN
        await incidents.describe_again(tx, incident_id, new)
        await incidents.move(tx, incident_id, state=IncidentState.DRAFTED, asked_ms=None)
        changed = await incidents.get_incident(tx, incident_id)
        await audit.append(tx, now_ms, new.by_person, "adjust_incident", "incident", incident_id, _facts(changed))
    return None


async def ask_incident(database: Database, incident_id: int, by_person: int, now_ms: int) -> Obstacle | None:
    """Lay a draft whose losses are counted before a second person; asked for twice, it waits once.

    Raises:
        Missing: there is no such incident.
    """
    async with database.writing() as tx:
        known = await incidents.lock_incident(tx, incident_id)
        if known.by_person != by_person:
            return Obstacle.NOT_YOURS
        if known.state is IncidentState.ASKED:
            return None
        if known.state is not IncidentState.DRAFTED:
            return Obstacle.NOT_OPEN
        if known.phase is not None or known.surveyed_ms is None:
            return Obstacle.NOT_SURVEYED
        if not await incidents.has_remedies(tx, incident_id):
            return Obstacle.NOBODY
        await incidents.move(tx, incident_id, state=IncidentState.ASKED, asked_ms=now_ms)
        await audit.append(tx, now_ms, by_person, "ask_incident", "incident", incident_id, _facts(known))
    return None


async def decide_incident(
    database: Database, incident_id: int, decision: Decision, by_person: int, seen_ms: int, now_ms: int
) -> Obstacle | None:
    """The second person's word; one said before stays. Approved, it is given at once in the background, and whom it
    concerns is told.

    Args:
        seen_ms: as of when the losses that were shown had been counted.

    Raises:
        Missing: there is no such incident.
    """
    async with database.writing() as tx:
        known = await incidents.lock_incident(tx, incident_id)
        if known.by_person == by_person:
            return Obstacle.OWN_REQUEST
        if known.state is not IncidentState.ASKED:
            wanted = incidents.EXECUTED if decision is Decision.APPROVED else (IncidentState.REFUSED,)
            return None if known.state in wanted else Obstacle.NOT_OPEN
        values: dict[str, Any] = {"state": IncidentState.REFUSED, "decided_by": by_person, "decided_ms": now_ms}
        if decision is Decision.APPROVED:
            if known.surveyed_ms != seen_ms:
                return Obstacle.SURVEY_IS_OLD
            values.update(state=IncidentState.APPROVED, phase=IncidentPhase.EXECUTE, cursor=0)
        await incidents.move(tx, incident_id, **values)
        facts = {**_facts(known), "decision": decision.value}
        await audit.append(tx, now_ms, by_person, "decide_incident", "incident", incident_id, facts)
        if decision is Decision.APPROVED and known.notice:
            await announcements.add(tx, _notice_of(known, now_ms), now_ms)
    return None


async def drop_incident(database: Database, incident_id: int, by_person: int, now_ms: int) -> Obstacle | None:
    """Give a draft or a request up; only who opened it may.

    Raises:
        Missing: there is no such incident.
    """
    async with database.writing() as tx:
        known = await incidents.lock_incident(tx, incident_id)
        if known.by_person != by_person:
            return Obstacle.NOT_YOURS
        if known.state is IncidentState.DROPPED:
            return None
        if known.state not in OPEN:
            return Obstacle.NOT_OPEN
        await incidents.move(
            tx, incident_id, state=IncidentState.DROPPED, phase=None, decided_by=by_person, decided_ms=now_ms
        )
        await audit.append(tx, now_ms, by_person, "drop_incident", "incident", incident_id)
    return None


async def ask_undo(database: Database, incident_id: int, by_person: int, reason: str, now_ms: int) -> Obstacle | None:
    """Ask that what was given be taken back, as far as nobody has used it.

    Raises:
        Missing: there is no such incident.
        ValueError: no reason.
    """
    if not reason.strip():
        raise ValueError("taking back needs a reason")
    async with database.writing() as tx:
        known = await incidents.lock_incident(tx, incident_id)
        if known.state is IncidentState.UNDO_ASKED:
            return None
        if known.state is not IncidentState.DONE:
            return Obstacle.NOT_OPEN
        await incidents.move(
            tx,
            incident_id,
            state=IncidentState.UNDO_ASKED,
            undo_asked_by=by_person,
            undo_asked_ms=now_ms,
            undo_reason=reason,
        )
        await audit.append(tx, now_ms, by_person, "ask_undo_incident", "incident", incident_id)
    return None


async def decide_undo(
    database: Database, incident_id: int, decision: Decision, by_person: int, now_ms: int
) -> Obstacle | None:
    """The second person's word on taking it back; refused, all stays as it was given.

    Raises:
        Missing: there is no such incident.
    """
    async with database.writing() as tx:
        known = await incidents.lock_incident(tx, incident_id)
        if known.state is not IncidentState.UNDO_ASKED:
            over = known.state in {IncidentState.UNDOING, IncidentState.UNDONE}
            return None if over and decision is Decision.APPROVED else Obstacle.NOT_OPEN
        if known.undo_asked_by == by_person:
            return Obstacle.OWN_REQUEST
        values: dict[str, Any] = {"state": IncidentState.DONE, "undo_asked_by": None, "undo_asked_ms": None}
        if decision is Decision.APPROVED:
            values = {
                "state": IncidentState.UNDOING,
                "phase": IncidentPhase.UNDO,
                "cursor": 0,
                "undo_decided_by": by_person,
                "undo_decided_ms": now_ms,
            }
        await incidents.move(tx, incident_id, **values)
        facts = {"decision": decision.value, "asked_by": known.undo_asked_by}
        await audit.append(tx, now_ms, by_person, "decide_undo_incident", "incident", incident_id, facts)
    return None


def _notice_of(known: Incident, now_ms: int) -> NewAnnouncement:
    return NewAnnouncement(
        scope=known.scope,
        person_id=None,
        text=known.notice,
        reason="",
        ticket=known.ticket,
        intent=f"incident:{known.id}",
        incident_id=known.id,
        by_person=known.by_person,
        until_ms=now_ms + NOTICE_MS,
    )


def _facts(known: Incident) -> Mapping[str, Any]:
    """What the audit keeps of an incident: all that decides, without the words of its reason."""
    return {
        "source": known.source.value,
        "exam": known.exam_id,
        "region": known.region,
        "unit": bool(known.unit_name),
        "from_ms": known.from_ms,
        "until_ms": known.until_ms,
        "policy": dict(known.policy),
        "asked_by": known.by_person,
    }
