"""What the answers of an attempt come to: paper, blueprint and keys put together and marked."""

from collections.abc import Mapping
from dataclasses import dataclass

from examengine.banks.responses import EssayExpected, listed
from examengine.grading.correction import Standing, corrected, corrected_key_version
from examengine.grading.keys import keys_of
from examengine.grading.mark import ItemMark, Key, Score, mark, with_marks
from examengine.grading.texts import folded
from examengine.papers.blueprint import Blueprint
from examengine.papers.paper import Paper, unpack
from examengine.records.database import Reading
from examengine.records.marking import Waiting
from examengine.records.shelf import Shelf

MOST_KEYS = 60_000


@dataclass(frozen=True, slots=True)
class Scored:
    """``answers`` by position; ``score`` is the keys' work alone, before people have marked; ``stands``: the
    corrections in force.
    """

    paper: Paper
    blueprint: Blueprint
    answers: Mapping[int, str]
    keys: Mapping[int, Key]
    score: Score
    stands: Mapping[int, Standing]

    @property
    def key_version(self) -> str:
        return corrected_key_version(self.keys, self.stands)

    def final(self, by_hand: Mapping[int, int] | None = None) -> Score:
        """The score with what people have marked (hundredths by position), under the corrections in force."""
        score = with_marks(self.score, by_hand) if by_hand else self.score
        return corrected(score, self.paper, self.blueprint, self.answers, self.stands)


class Scorer:
    """Marks attempts."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._keys: dict[int, Key] = {}
        """Of item versions marked by lately; they never change."""

    async def score(
        self, tx: Reading, exam_id: int, packed: bytes, answers: Mapping[int, str], now_ms: int
    ) -> Scored:
        """Mark an attempt of an exam. ``packed``: its paper; ``answers`` by position."""
        blueprint = (await self._shelf.exam(tx, exam_id)).blueprint
        paper = unpack(packed)
        keys = await self._keys_to(tx, paper)
        stands = await self._shelf.in_force.of(tx, exam_id, now_ms)
        return Scored(paper, blueprint, answers, keys, mark(paper, blueprint, answers, keys), stands)

    async def _keys_to(self, tx: Reading, paper: Paper) -> Mapping[int, Key]:
        version_ids = [item.version_id for item in paper.items]
        known = self._keys
        try:
            return {version_id: known[version_id] for version_id in version_ids}
        except KeyError:
            keys = keys_of((await self._shelf.items(tx, version_ids)).items())
        if len(known) > MOST_KEYS:
            known.clear()
        known.update(keys)
        return keys

    async def score_final(
        self, tx: Reading, exam_id: int, packed: bytes, answers: Mapping[int, str], now_ms: int
    ) -> Scored:
        """Mark the answers that an attempt ended with, which are kept by item version."""
        places = {item.version_id: position for position, item in enumerate(unpack(packed).items, start=1)}
        by_position = {places[version_id]: value for version_id, value in answers.items()}
        return await self.score(tx, exam_id, packed, by_position, now_ms)


def waiting_of(scored: Scored) -> tuple[Waiting, ...]:
    """The answers that a person has to mark."""
    return tuple(
        Waiting(
            version_id=item.version_id,
            position=item.position,
            cell=item.cell,
            answer=scored.answers[item.position],
            same_as=_same_as(scored, item),
            full_hundredths=item.full_hundredths,
            markers=scored.blueprint.cells[item.cell].markers,
            tolerance_hundredths=scored.blueprint.cells[item.cell].tolerance_hundredths,
        )
        for item in scored.final().waiting
    )


def _same_as(scored: Scored, item: ItemMark) -> str:
    """Short answers are the same however they are spaced and how wide their letters are; an essay to the letter."""
    answer = scored.answers[item.position]
    if isinstance(scored.keys[item.version_id], EssayExpected):
        return answer
    return folded(" ".join(listed(answer) or (answer,)), case_counts=True)
