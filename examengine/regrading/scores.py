"""What finished papers come to under the corrections that stand, from their answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from examengine.banks.responses import needs_person
from examengine.grading.correction import Standing, corrected, corrected_key_version
from examengine.grading.keys import key_of
from examengine.grading.mark import Key, Score, mark, with_marks
from examengine.papers.blueprint import Blueprint, from_json
from examengine.papers.paper import Paper, unpack
from examengine.records import exams, marking
from examengine.records.database import Reading
from examengine.records.finished import FinishedAttempt
from examengine.records.shelf import Shelf
from examengine.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Loaded:
    """A page of attempts with what marking them needs. Papers are in the order of the attempts; ``by_hand``: marks
    that people gave, in hundredths, by attempt and position.
    """

    blueprint: Blueprint
    attempts: Sequence[FinishedAttempt]
    papers: Sequence[Paper] = field(repr=False)
    keys: Mapping[int, Key] = field(repr=False)
    rulebooks: Mapping[str, Rulebook] = field(repr=False)
    by_hand: Mapping[int, Mapping[int, int]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Marked:
    """A paper marked: under its own keys, and as the corrections want it."""

    before: Score
    after: Score
    key_version: str


async def load(tx: Reading, shelf: Shelf, exam_id: int, attempts: Sequence[FinishedAttempt]) -> Loaded:
    """What marking these attempts of an exam needs."""
    exam = await exams.get_exam(tx, exam_id)
    papers = [unpack(attempt.paper) for attempt in attempts]
    versions = {item.version_id for paper in papers for item in paper.items}
    items = await shelf.items(tx, sorted(versions))
    keys = {version_id: key_of(item) for version_id, item in items.items()}
    by_people = {
        version_id for version_id, key in keys.items() if not isinstance(key, frozenset) and needs_person(key)
    }
    by_hand: dict[int, Mapping[int, int]] = {}
    for attempt, paper in zip(attempts, papers, strict=True):
        if any(item.version_id in by_people for item in paper.items):
            given = await marking.marked_positions(tx, attempt.attempt_id)
            by_hand[attempt.attempt_id] = {position: mark for position, mark in given.items() if mark is not None}
    digests = {attempt.rulebook_digest for attempt in attempts}
    return Loaded(
        from_json(exam.blueprint.encode()),
        attempts,
        papers,
        keys,
        {digest: await shelf.rulebook(tx, digest) for digest in digests},
        by_hand,
    )


def marked(loaded: Loaded, place: int, stands: Mapping[int, Standing]) -> Marked:
    """The attempt at a place marked anew.

    Raises:
        MarkingError: what is kept contradicts itself.
        NothingLeft: no item of the paper counts any more.
    """
    attempt, paper = loaded.attempts[place], loaded.papers[place]
    given = answers_by_position(paper, attempt.answers)
    keys = {item.version_id: loaded.keys[item.version_id] for item in paper.items}
    before = mark(paper, loaded.blueprint, given, keys)
    hand = loaded.by_hand.get(attempt.attempt_id)
    if hand:
        before = with_marks(before, hand)
    after = corrected(before, paper, loaded.blueprint, given, stands)
    return Marked(before, after, corrected_key_version(keys, stands))


def answers_by_position(paper: Paper, answers: Mapping[int, str]) -> dict[int, str]:
    """Answers kept by item version, as marking wants them: by position from 1."""
    return {
        position: answers[item.version_id]
        for position, item in enumerate(paper.items, 1)
        if item.version_id in answers
    }


def position_of(paper: Paper, version_id: int) -> int | None:
    """Where an item version stands on a paper, from 1; None where it does not."""
    places: Iterable[int] = (place for place, item in enumerate(paper.items, 1) if item.version_id == version_id)
    return next(iter(places), None)
