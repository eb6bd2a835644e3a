"""Drafting a correction, laying it before a second person, and deciding it.

Who drafts, who approves: authors and operators (the web asks for the role); never the same person, and nobody who
sits the exam. One correction of an exam is executed at a time, and what was previewed is what is approved: a preview
counts while no other correction has come into force since.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from examengine.grading import correction as rulings
from examengine.grading.correction import Dropped, standing
from examengine.papers.blueprint import from_json
from examengine.records import audit, corrections, exams, finished
from examengine.records.corrections import Correction, NewCorrection
from examengine.records.database import Database, Reading, Writing
from examengine.records.shelf import Shelf
from examengine.records.words import CorrectionPhase, CorrectionState, Decision


class Obstacle(StrEnum):
    """Why a correction cannot be drafted, asked for or decided."""

    DOES_NOT_FIT = "does_not_fit"
    NOTHING_CHANGES = "nothing_changes"
    NOTHING_LEFT = "nothing_left"
    OWN_EXAM = "own_exam"
    OWN_REQUEST = "own_request"
    NOT_YOURS = "not_yours"
    NOT_PREVIEWED = "not_previewed"
    PREVIEW_IS_OLD = "preview_is_old"
    ANOTHER_RUNS = "another_runs"
    NOT_OPEN = "not_open"


async def draft_correction(
    database: Database, shelf: Shelf, new: NewCorrection, now_ms: int
) -> Correction | Obstacle:
    """Draft a correction; its preview is computed next. The same form again gives the same draft.

    Raises:
        Missing: there is no such exam or item version.
    """
    async with database.writing() as tx:
        exam = await exams.get_exam(tx, new.exam_id)
        item = (await shelf.items(tx, [new.version_id]))[new.version_id]
        if await corrections.sits(tx, new.exam_id, new.by_person):
            return Obstacle.OWN_EXAM
        if not rulings.fits(item, new.ruling):
            return Obstacle.DOES_NOT_FIT
        known = await corrections.find_open(tx, new)
        if known is not None:
            return known
        before = [one.decided for one in await corrections.decided_of(tx, new.exam_id)]
        stands = standing(before).get(new.version_id)
        own_key = rulings.NewKey("".join(sorted(item.key))) if item.options else rulings.NewKey("", item.expected)
        if stands == (new.ruling,) or (stands is None and new.ruling == own_key):
            return Obstacle.NOTHING_CHANGES
        after = standing([*before, rulings.Decided(new.version_id, new.ruling, new.upwards)])
        if _dropped(after) >= from_json(exam.blueprint.encode()).count:
            return Obstacle.NOTHING_LEFT
        total = await finished.count_finished(tx, new.exam_id)
        made = await corrections.draft(tx, new, total, now_ms)
        if made.at_ms == now_ms and made.by_person == new.by_person:
            facts = {"exam": made.exam_id, "version": made.version_id, "ruling": rulings.to_json(made.ruling)}
            await audit.append(tx, now_ms, new.by_person, "draft_correction", "correction", made.id, facts)
    return made


async def preview_again(database: Database, correction_id: int, by_person: int, now_ms: int) -> Obstacle | None:
    """Compute the preview anew, over what has been handed in by now; a request for approval is taken back by it.

    Raises:
        Missing: there is no such correction.
    """
    async with database.writing() as tx:
        known = await corrections.lock_correction(tx, correction_id)
        if known.state not in {CorrectionState.DRAFTED, CorrectionState.ASKED}:
            return Obstacle.NOT_OPEN
        if known.phase is CorrectionPhase.PREVIEW:
            return None
        await corrections.forget_preview(tx, correction_id)
        await corrections.move(
            tx,
            correction_id,
            state=CorrectionState.DRAFTED,
            asked_ms=None,
            phase=CorrectionPhase.PREVIEW,
            cursor=0,
            counts={},
            preview=None,
            previewed_ms=None,
            total=await finished.count_finished(tx, known.exam_id),
            basis=await corrections.newest_in_force(tx, known.exam_id),
        )
        await audit.append(tx, now_ms, by_person, "preview_correction", "correction", correction_id)
    return None


async def ask_correction(database: Database, correction_id: int, by_person: int, now_ms: int) -> Obstacle | None:
    """Lay a previewed draft before a second person; asked for twice, it waits once.

    Raises:
        Missing: there is no such correction.
    """
    async with database.writing() as tx:
        known = await corrections.lock_correction(tx, correction_id)
        if known.by_person != by_person:
            return Obstacle.NOT_YOURS
        if known.state is CorrectionState.ASKED:
            return None
        if known.state is not CorrectionState.DRAFTED:
            return Obstacle.NOT_OPEN
        obstacle = await _not_ready(tx, known)
        if obstacle is not None:
            return obstacle
        await corrections.move(tx, correction_id, state=CorrectionState.ASKED, asked_ms=now_ms)
        await audit.append(tx, now_ms, by_person, "ask_correction", "correction", correction_id, _facts(known))
    return None


async def decide_correction(
    database: Database,
    shelf: Shelf,
    correction_id: int,
    decision: Decision,
    by_person: int,
    seen_ms: int,
    now_ms: int,
) -> Obstacle | None:
    """The second person's word; one said before stays. Approved, the correction is in force from now on: for sittings
    that end, and for those that ended as soon as the regrader comes to them.

    Args:
        seen_ms: when the preview that was shown had been made.

    Raises:
        Missing: there is no such correction.
    """
    async with database.writing() as tx:
        known = await corrections.lock_correction(tx, correction_id)
        if known.by_person == by_person:
            return Obstacle.OWN_REQUEST
        if await corrections.sits(tx, known.exam_id, by_person):
            return Obstacle.OWN_EXAM
        wanted = CorrectionState.REFUSED if decision is Decision.REFUSED else CorrectionState.APPROVED
        if known.state is not CorrectionState.ASKED:
            is_done = wanted is CorrectionState.APPROVED and known.state is CorrectionState.DONE
            return None if is_done or known.state is wanted else Obstacle.NOT_OPEN
        facts = {**_facts(known), "decision": decision.value}
        if decision is Decision.APPROVED:
            obstacle = await _not_ready(tx, known)
            if obstacle is None and known.previewed_ms != seen_ms:
                obstacle = Obstacle.PREVIEW_IS_OLD
            if obstacle is None and await corrections.is_executing(tx, known.exam_id):
                obstacle = Obstacle.ANOTHER_RUNS
            if obstacle is None and await _leaves_nothing(tx, known):
                obstacle = Obstacle.NOTHING_LEFT
            if obstacle is not None:
                return obstacle
            await corrections.forget_preview(tx, correction_id)
            await corrections.move(
                tx,
                correction_id,
                state=CorrectionState.APPROVED,
                decided_by=by_person,
                decided_ms=now_ms,
                phase=CorrectionPhase.EXECUTE,
                cursor=0,
                counts={},
                total=await finished.count_finished(tx, known.exam_id),
            )
        else:
            await corrections.move(
                tx, correction_id, state=CorrectionState.REFUSED, decided_by=by_person, decided_ms=now_ms
            )
        await audit.append(tx, now_ms, by_person, "decide_correction", "correction", correction_id, facts)
    shelf.in_force.forget(known.exam_id)
    return None


async def drop_correction(database: Database, correction_id: int, by_person: int, now_ms: int) -> Obstacle | None:
    """Give a draft or a request up; only who made it may.

    Raises:
        Missing: there is no such correction.
    """
    async with database.writing() as tx:
        known = await corrections.lock_correction(tx, correction_id)
        if known.by_person != by_person:
            return Obstacle.NOT_YOURS
        if known.state is CorrectionState.DROPPED:
            return None
        if known.state not in {CorrectionState.DRAFTED, CorrectionState.ASKED}:
            return Obstacle.NOT_OPEN
        await corrections.forget_preview(tx, correction_id)
        await corrections.move(
            tx,
            correction_id,
            state=CorrectionState.DROPPED,
            decided_by=by_person,
            decided_ms=now_ms,
            phase=None,
        )
        await audit.append(tx, now_ms, by_person, "drop_correction", "correction", correction_id)
    return None


async def _leaves_nothing(tx: Reading, known: Correction) -> bool:
    """Whether some paper may have no item left: looked at once more, since others may have come into force."""
    exam = await exams.get_exam(tx, known.exam_id)
    before = [one.decided for one in await corrections.decided_of(tx, known.exam_id)]
    return _dropped(standing([*before, known.decided])) >= from_json(exam.blueprint.encode()).count


async def _not_ready(tx: Writing, known: Correction) -> Obstacle | None:
    if known.phase is not None or known.preview is None:
        return Obstacle.NOT_PREVIEWED
    if known.basis != await _newest(tx, known):
        return Obstacle.PREVIEW_IS_OLD
    return None


async def _newest(tx: Reading, known: Correction) -> int:
    return await corrections.newest_in_force(tx, known.exam_id)


def _dropped(stands: Mapping[int, rulings.Standing]) -> int:
    """How many items may go: a paper must keep one at least, whichever it drew."""
    return sum(any(isinstance(ruling, Dropped) for ruling in alternatives) for alternatives in stands.values())


def _facts(known: Correction) -> dict[str, Any]:
    """What the audit keeps of a correction: its whole content, so that the log of links covers it."""
    return {
        "exam": known.exam_id,
        "version": known.version_id,
        "ruling": rulings.to_json(known.ruling),
        "upwards": known.upwards,
        "reason": known.reason,
        "source": known.source,
        "asked_by": known.by_person,
        "basis": known.basis,
    }
