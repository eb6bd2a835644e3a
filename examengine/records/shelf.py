"""Things that never change once recorded, kept in the process: rulebooks, releases, item versions."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from examengine.banks.item import Item, from_json
from examengine.banks.responses import shown_ids
from examengine.papers.blueprint import Blueprint
from examengine.papers.blueprint import from_json as blueprint_from_json
from examengine.papers.release import Release, ReleaseItem
from examengine.records import exams, items, releases, rulebooks
from examengine.records.corrections import InForce
from examengine.records.database import CHUNK, Reading
from examengine.records.shapes import chunks
from examengine.rules.load import load, usable
from examengine.rules.rulebook import Rulebook

MAX_VERSIONS = 60_000
MAX_RELEASES = 16
MAX_RULEBOOKS = 64
MAX_EXAMS = 256

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The values used last, at most ``limit`` of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[K, V] = OrderedDict()

    def find(self, key: K) -> V | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def find_all(self, keys: Iterable[K]) -> tuple[dict[K, V], list[K]]:
        """Those that are known, and the others."""
        values, touch = self._values, self._values.move_to_end
        found: dict[K, V] = {}
        missing = []
        for key in keys:
            value = values.get(key)
            if value is None:
                missing.append(key)
            else:
                touch(key)
                found[key] = value
        return found, missing

    def put(self, key: K, value: V) -> V:
        self._values[key] = value
        if len(self._values) > self._limit:
            self._values.popitem(last=False)
        return value


@dataclass(frozen=True, slots=True)
class KeptExam:
    """What of a published exam never changes. Whether it was withdrawn is for the record to say."""

    id: int
    title: str
    release_id: int
    bank_id: int
    blueprint: Blueprint


class Shelf:
    """Reads once, answers from memory afterwards."""

    def __init__(self) -> None:
        self.in_force = InForce()
        self._rulebooks: Kept[str, Rulebook] = Kept(MAX_RULEBOOKS)
        self._releases: Kept[int, Release] = Kept(MAX_RELEASES)
        self._versions: Kept[int, tuple[int, Item]] = Kept(MAX_VERSIONS)
        self._exams: Kept[int, KeptExam] = Kept(MAX_EXAMS)

    async def exam(self, tx: Reading, exam_id: int) -> KeptExam:
        """A published exam, also one that was withdrawn since.

        Raises:
            Missing: there is none of that id.
        """
        known = self._exams.find(exam_id)
        if known is not None:
            return known
        exam = await exams.get_exam(tx, exam_id)
        release = await releases.get_release(tx, exam.release_id)
        blueprint = blueprint_from_json(exam.blueprint.encode())
        return self._exams.put(exam_id, KeptExam(exam.id, exam.title, exam.release_id, release.bank_id, blueprint))

    async def rulebook(self, tx: Reading, digest: str) -> Rulebook:
        """The rulebook of a digest.

        Raises:
            Missing: it was never used here.
        """
        known = self._rulebooks.find(digest)
        if known is not None:
            return known
        stored = await rulebooks.get_rulebook(tx, digest)
        return self._rulebooks.put(digest, usable(load(stored.toml, name=stored.rulebook_id)))

    def at_hand(self, digest: str, exam_id: int) -> tuple[Rulebook, KeptExam] | None:
        """A rulebook and an exam where SQL need not be asked for either."""
        rulebook, exam = self._rulebooks.find(digest), self._exams.find(exam_id)
        return None if rulebook is None or exam is None else (rulebook, exam)

    async def release(self, tx: Reading, release_id: int) -> Release:
        """A release as draws see it.

        Raises:
            Missing: there is none of that id.
        """
        known = self._releases.find(release_id)
        if known is not None:
            return known
        await releases.get_release(tx, release_id)
        versions = await releases.released_versions(tx, release_id)
        drawn = []
        for version in versions:
            _, item = self._versions.put(version.id, (version.item_id, from_json(version.content)))
            drawn.append(_drawable(version.id, version.item_id, item))
        return self._releases.put(release_id, Release(release_id, tuple(drawn)))

    async def selection(self, tx: Reading, version_ids: Sequence[int]) -> Release:
        """What a release of these versions would be to draws; read in parts, so that other requests go on.

        Raises:
            Missing: one of them does not exist.
        """
        drawn: list[ReleaseItem] = []
        for part in chunks(version_ids, CHUNK):
            found = await self._get(tx, part)
            drawn += [_drawable(version_id, *found[version_id]) for version_id in part]
        return Release(0, tuple(drawn))

    async def items(self, tx: Reading, version_ids: Iterable[int]) -> Mapping[int, Item]:
        """Items by version id.

        Raises:
            Missing: one of them does not exist.
        """
        return {version_id: item for version_id, (_, item) in (await self._get(tx, version_ids)).items()}

    async def item_ids(self, tx: Reading, version_ids: Iterable[int]) -> Mapping[int, int]:
        """The item of each version.

        Raises:
            Missing: one of them does not exist.
        """
        return {version_id: item_id for version_id, (item_id, _) in (await self._get(tx, version_ids)).items()}

    async def _get(self, tx: Reading, version_ids: Iterable[int]) -> dict[int, tuple[int, Item]]:
        found, wanted = self._versions.find_all(version_ids)
        if wanted:
            for version_id, version in (await items.get_versions(tx, wanted)).items():
                value = (version.item_id, from_json(version.content))
                found[version_id] = self._versions.put(version_id, value)
        return found


def _drawable(version_id: int, item_id: int, item: Item) -> ReleaseItem:
    return ReleaseItem(
        version_id=version_id,
        item_id=item_id,
        kind=item.kind,
        option_ids=shown_ids(item),
        fixed=frozenset(option.id for option in item.options if option.fixed),
        topic=item.topic,
        difficulty=item.difficulty,
        valid_until=item.valid_until,
    )
