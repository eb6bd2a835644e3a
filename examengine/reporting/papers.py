"""An attempt as it was sat: its paper, answers, marks and evidence, gathered for a document."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from examengine.banks.item import Item
from examengine.grading.correction import Standing
from examengine.grading.mark import ItemMark
from examengine.papers.blueprint import Blueprint, from_json
from examengine.papers.paper import Paper, unpack
from examengine.records import attempts, evidence, exams, exports, marking, media, outcomes, people
from examengine.records.attempts import OwnedAttempt
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.exams import Exam
from examengine.records.history import EnrolmentRecord, load_history
from examengine.records.outcomes import FinalAnswers, Outcome
from examengine.records.people import Person
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.rules.rulebook import Rulebook
from examengine.sittings.scoring import Scorer


@dataclass(frozen=True, slots=True)
class SatPaper:
    """Everything of an attempt that has ended. ``final`` None: voided while it ran. ``marks`` by position, as they
    stand now; empty where it was not marked. ``by_hand``: marks that people gave, None where one is missing.
    """

    owned: OwnedAttempt
    person: Person = field(repr=False)
    exam: Exam
    rulebook: Rulebook
    record: EnrolmentRecord
    series: tuple[Outcome, ...]
    blueprint: Blueprint
    paper: Paper
    items: Mapping[int, Item] = field(repr=False)
    final: FinalAnswers | None = field(repr=False)
    marks: Mapping[int, ItemMark] = field(repr=False)
    stands: Mapping[int, Standing] = field(repr=False)
    by_hand: Mapping[int, int | None]
    receipt: str
    head: str
    signed_ms: int | None

    @property
    def outcome(self) -> Outcome:
        return self.series[-1]


async def read_paper(tx: Reading, vault: Vault, shelf: Shelf, attempt_id: int, now_ms: int) -> SatPaper | None:
    """An attempt with all that a document says of it; None while it runs.

    Raises:
        Missing: there is no such attempt.
    """
    owned = await attempts.get_attempt(tx, attempt_id)
    series = await outcomes.series(tx, attempt_id)
    if not series:
        return None
    paper = unpack(owned.attempt.paper)
    exam = await exams.get_exam(tx, owned.exam_id)
    try:
        final = await outcomes.get_answers(tx, attempt_id)
    except Missing:
        final = None
    by_hand = await marking.marked_positions(tx, attempt_id)
    marks: dict[int, ItemMark] = {}
    stands: Mapping[int, Standing] = {}
    if final is not None and final.detail is not None:
        scored = await Scorer(shelf).score_final(tx, exam.id, owned.attempt.paper, final.answers, now_ms)
        complete = {position: given for position, given in by_hand.items() if given is not None}
        marks = {mark.position: mark for mark in scored.final(complete).items}
        stands = scored.stands
    receipt = await evidence.find_receipt(tx, attempt_id)
    standing = await exports.standing_of(tx, attempt_id)
    return SatPaper(
        owned=owned,
        person=await people.get_person(tx, vault, owned.person_id),
        exam=exam,
        rulebook=await shelf.rulebook(tx, owned.attempt.rulebook_digest),
        record=await load_history(tx, owned.attempt.enrolment_id),
        series=series,
        blueprint=from_json(exam.blueprint.encode()),
        paper=paper,
        items=await shelf.items(tx, [placed.version_id for placed in paper.items]),
        final=final,
        marks=marks,
        stands=stands,
        by_hand=by_hand,
        receipt=receipt.number if receipt is not None else "",
        head=standing.head.hex() if standing is not None else "",
        signed_ms=standing.signed_ms if standing is not None else None,
    )


async def read_pictures(tx: Reading, digests: tuple[str, ...]) -> Mapping[str, bytes]:
    """Kept pictures by digest; one that is not kept is left out."""
    found = {}
    for digest in digests:
        try:
            found[digest] = (await media.get_media(tx, digest)).data
        except Missing:
            continue
    return found
