"""What a candidate reads of corrections: old score, new score and why, and the marks of each part as they stand now.

The reason names the question by its number on his own paper, never what is right.
"""

from collections.abc import Mapping, Sequence

from examengine.records import corrections
from examengine.records.corrections import Change, Correction
from examengine.records.database import Reading
from examengine.records.outcomes import FinalAnswers, Outcome
from examengine.records.shelf import Shelf
from examengine.sittings.scoring import Scorer
from examengine.web import times
from examengine.web.author.correction_words import RESULTS, candidates_reason
from examengine.web.candidate.exam import Own
from examengine.web.contexts.candidate import SectionScore
from examengine.web.messages import KINDS
from examengine.web.wording import gettext as _


async def correction_notes(
    tx: Reading, recorded: Mapping[int, Sequence[Outcome]], zone: str
) -> Mapping[int, tuple[str, ...]]:
    """A sentence for each correction that changed a score, oldest first, by attempt.

    Args:
        recorded: the outcomes of the attempts, which say when.
    """
    rescored = [attempt_id for attempt_id, series in recorded.items() if any(_is_correction(one) for one in series)]
    if not rescored:
        return {}
    found = await corrections.changes_of_attempts(tx, rescored)
    notes: dict[int, tuple[str, ...]] = {}
    for attempt_id, changes in found.items():
        at_ms = {one.id: one.recorded_ms for one in recorded[attempt_id]}
        notes[attempt_id] = tuple(
            _sentence(made, change, at_ms[change.outcome_id], zone)
            for made, change in changes
            if change.outcome_id in at_ms
        )
    return notes


def _is_correction(outcome: Outcome) -> bool:
    return outcome.cause.startswith("correction:")


def _sentence(made: Correction, change: Change, at_ms: int, zone: str) -> str:
    told = _("{day} 因{why}，成绩由 {old} 分改为 {new} 分").format(
        day=times.local(at_ms, zone).date().isoformat(),
        why=candidates_reason(made.ruling, change.position),
        old=times.points(change.old_hundredths),
        new=times.points(change.new_hundredths),
    )
    if change.old_result == change.new_result:
        return told + _("。")
    return told + _("，由{old}改为{new}。").format(old=RESULTS[change.old_result], new=RESULTS[change.new_result])


async def corrected_sections(
    tx: Reading,
    shelf: Shelf,
    own: Own,
    outcome: Outcome,
    final: FinalAnswers,
    by_hand: Mapping[int, int | None],
    now_ms: int,
) -> tuple[SectionScore, ...] | None:
    """The marks of each part under the corrections in force; None where the outcome was not made with them: then
    what was kept at the finish is right.
    """
    exam_id, paper = own.owned.exam_id, own.owned.attempt.paper
    if not await shelf.in_force.of(tx, exam_id, now_ms):
        return None
    scored = await Scorer(shelf).score_final(tx, exam_id, paper, final.answers, now_ms)
    if not scored.stands or scored.key_version != outcome.key_version:
        return None
    marks = {position: hundredths for position, hundredths in by_hand.items() if hundredths is not None}
    summed: dict[str, list[int]] = {}
    for cell in scored.final(marks).cells:
        row = summed.setdefault(scored.blueprint.cells[cell.cell].kind.value, [0, 0, 0, 0])
        for place, value in enumerate((cell.hundredths, cell.full_hundredths, cell.right, cell.items)):
            row[place] += value
    return tuple(
        SectionScore(KINDS[kind], score, full, right, count) for kind, (score, full, right, count) in summed.items()
    )
