"""Items that say the same, nearly the same, or the opposite of each other, within a file and against a bank (B3).

A stem is taken as the set of its shingles, runs of three characters of its normalised text (a short stem together
with its options); two are near where the sets' Jaccard index reaches ``NEAR`` and their options have half in common.
The search is exact but for texts of which there are dozens alike: an inverted index over each text's rarest shingles
(two sets that share 80 % share one of the rarest 20 %), which needs no library and no luck.

What a file of 25 MB may cost is bounded by work counted, not by a clock: the same file gives the same findings on
every machine, and what was not compared is said.
"""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import msgspec

from examengine.banks.item import Item
from examengine.banks.lint import speaks_of_picture
from examengine.banks.responses import EssayExpected
from examengine.banks.wording import option_form, stem_form

SHINGLE: Final = 3
NEAR: Final = 0.7
OPTIONS_NEAR: Final = 0.5
ENOUGH_SHINGLES: Final = 12
LEAST_SHINGLES: Final = 8
"""Shorter texts are alike by chance: "一加一等于几", "一加二等于几"."""
MOST_POSTINGS: Final = 64
MOST_COMPARED: Final = 24
ALIKE_ENOUGH: Final = 90
"""Percent from which no better match is looked for."""
MOST_SHINGLES: Final = 2_000_000
"""Of the new texts together, some 200 bytes each where no two agree; 20,000 stems of 100 characters."""
MOST_STEPS: Final = 12_000_000
"""Entries of the index looked up and shingles compared, among the new items and again against the old: some 3 s."""

_PICTURES = re.compile(r'\bsrc="([^"]{1,300})"')


@dataclass(frozen=True, slots=True)
class Near:
    """Item ``index`` of the new ones is close to ``other``, an index into the old ones where ``is_old``."""

    index: int
    other: int
    is_old: bool
    percent: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What was near, and how many of the new and of the old items were not compared, being too many."""

    near: tuple[Near, ...]
    new_left: int = 0
    old_left: int = 0


@dataclass(frozen=True, slots=True)
class Forms:
    """An item as it is compared: its normalised stem, and the normalised options with whether each is right.

    Pictures count by their names. ``expected`` is the key of a kind without options, "" where a person marks.
    """

    stem: str
    options: Mapping[str, bool]
    expected: str = ""


def forms_of(item: Item) -> Forms:
    """The normalised texts of an item."""
    options = {_seen(option_form(option.text), option.markup): option.id in item.key for option in item.options}
    expected = ""
    if item.expected is not None and not isinstance(item.expected, EssayExpected):
        expected = msgspec.json.encode(item.expected, order="deterministic").decode()
    return Forms(_seen(stem_form(item.stem) or item.stem, item.markup), options, expected)


def same(one: Forms, other: Forms) -> bool:
    """True for the same question with the same key."""
    return one == other


def contradict(one: Forms, other: Forms) -> bool:
    """True for the same stem where what is right in one is wrong in the other.

    Options that only one of them has say nothing; at least half of either's must be in both, because
    "下列说法正确的是" is asked about many things. Nothing is said of stems that speak of a picture: it may be lost.
    """
    if one.stem != other.stem or speaks_of_picture(one.stem):
        return False
    if not one.options and not other.options:
        return one.expected != other.expected and "" not in {one.expected, other.expected}
    common = one.options.keys() & other.options.keys()
    if 2 * len(common) < max(len(one.options), len(other.options)):
        return False
    return any(one.options[text] != other.options[text] for text in common)


def _seen(text: str, markup: str) -> str:
    return text if "<img" not in markup else "\n".join([text, *_PICTURES.findall(markup)])


def near_duplicates(new: Sequence[Forms], old: Sequence[Forms] = ()) -> Compared:
    """For every new item the one most like it among the old and the earlier new ones, where one is near.

    Items whose normalised texts are the same in every respect are near too (100 %); telling those apart from what was
    said of them otherwise is the caller's business. Takes at most ``MOST_SHINGLES`` of memory and twice
    ``MOST_STEPS`` of work; the items that come last are left out where that is not enough.
    """
    search = _Search(map(_shingles, new))
    best: dict[int, Near] = {}
    reached = 0
    for index in range(search.size):
        if search.steps > MOST_STEPS:
            break
        _keep_best(best, search, search.among_new(index), index, new[index], new)
        search.add(index)
        reached += 1
    search.steps = 0
    left = 0
    for other, forms in enumerate(old):
        if search.steps > MOST_STEPS:
            left = len(old) - other
            break
        for near in search.with_old(other, _shingles(forms)):
            _keep_better(best, search, near, new[near.index], forms)
    return Compared(tuple(best[index] for index in sorted(best)), len(new) - reached, left)


def _keep_best(
    best: dict[int, Near], search: "_Search", found: Iterable[Near], index: int, forms: Forms, new: Sequence[Forms]
) -> None:
    for near in found:
        _keep_better(best, search, near, forms, new[near.other])
        if index in best and best[index].percent >= ALIKE_ENOUGH:
            return


def _keep_better(best: dict[int, Near], search: "_Search", near: Near, one: Forms, other: Forms) -> None:
    known = best.get(near.index)
    if known is None or near.percent > known.percent:
        # Options are looked at last: nearly the same stem is asked about other things, too.
        search.steps += sum(map(len, one.options)) + sum(map(len, other.options))
        shared = _jaccard(set(_of_options(one)), set(_of_options(other)))
        if shared >= OPTIONS_NEAR:
            best[near.index] = near


def _shingles(forms: Forms) -> Collection[str]:
    """The stem's shingles; with those of the options where the stem alone says too little. In their order: that of a
    set changes from process to process.
    """
    stem = forms.stem
    found = dict.fromkeys(stem[at : at + SHINGLE] for at in range(len(stem) - SHINGLE + 1))
    if len(found) < ENOUGH_SHINGLES:
        found.update(dict.fromkeys(_of_options(forms)))
    return found


def _of_options(forms: Forms) -> Iterator[str]:
    for text in forms.options:
        if len(text) <= SHINGLE:
            yield f"={text}"
        else:
            yield from (text[at : at + SHINGLE] for at in range(len(text) - SHINGLE + 1))


def _jaccard(one: set[str], other: set[str]) -> float:
    """Two items without options agree in them."""
    either = len(one | other)
    return len(one & other) / either if either else 1.0


class _Search:
    """The new items' texts, each found by its rarest shingles.

    A text is an array of ranks, the rarest shingle first. Two texts that are near share one of their prefixes: of
    ``n`` shingles the first ``n - ceil(NEAR * n) + 1``. ``size`` texts are held; ``steps`` counts the work.
    """

    def __init__(self, texts: Iterable[Collection[str]]) -> None:
        number: dict[str, int] = {}
        often = array("I")
        held: list[array[int]] = []
        count = 0
        for text in texts:
            count += len(text)
            if count > MOST_SHINGLES:
                break
            mine = array("I", [number.setdefault(shingle, len(number)) for shingle in text])
            often.extend([0] * (len(number) - len(often)))
            for one in mine:
                often[one] += 1
            held.append(mine)
        # Of equally rare ones that which was seen first.
        self._rank = array("I", bytes(often.itemsize * len(often)))
        for rank, one in enumerate(sorted(range(len(often)), key=often.__getitem__)):
            self._rank[one] = rank
        for index, mine in enumerate(held):
            held[index] = array("I", sorted(map(self._rank.__getitem__, mine)))
        self._number = number
        self._texts = held
        self._sizes = [len(text) for text in held]
        self._postings: dict[int, list[int]] = defaultdict(list)
        self.size = len(held)
        self.steps = 0

    def add(self, index: int) -> None:
        """Let later texts be compared with this one."""
        text = self._texts[index]
        for rank in text[: _prefix(len(text))]:
            postings = self._postings[rank]
            if len(postings) < MOST_POSTINGS:
                postings.append(index)

    def among_new(self, index: int) -> Iterator[Near]:
        """The new items, of those added, that are near to this one."""
        text = self._texts[index]
        whole = frozenset(text)
        for other in self._candidates(text[: _prefix(len(text))], len(text)):
            percent = self._percent(whole, other, len(text))
            if percent:
                yield Near(index, other, is_old=False, percent=percent)

    def with_old(self, other: int, shingles: Collection[str]) -> Iterator[Near]:
        """The new items that an old one is near to."""
        size = len(shingles)
        # Looking a shingle up costs a small part of comparing one.
        self.steps += size // 4
        common = [self._number[shingle] for shingle in shingles if shingle in self._number]
        # What both share is at least NEAR of either: most of a bank is through here. What no new text has is rarest.
        prefix = _prefix(size) - (size - len(common))
        if prefix <= 0:
            return
        ranks = sorted(map(self._rank.__getitem__, common))
        known = frozenset(ranks)
        for index in self._candidates(ranks[:prefix], size):
            percent = self._percent(known, index, size)
            if percent:
                yield Near(index, other, is_old=True, percent=percent)

    def _candidates(self, ranks: Sequence[int], size: int) -> list[int]:
        """Texts of a fitting length that share one of the shingles, those that share most of them first."""
        least, most = NEAR * size, size / NEAR
        found: list[int] = []
        for rank in ranks:
            if rank in self._postings:
                found += self._postings[rank]
        if not found:
            return found
        self.steps += len(found)
        fitting = Counter(index for index in found if least <= self._sizes[index] <= most)
        return [index for index, _ in fitting.most_common(MOST_COMPARED)]

    def _percent(self, text: frozenset[int], index: int, size: int) -> int:
        """Jaccard index in percent, 0 below ``NEAR``; ``size`` counts also what ``text`` has beyond the known."""
        other = self._texts[index]
        self.steps += len(other)
        both = len(text.intersection(other))
        index_ = both / (size + len(other) - both)
        return int(100 * index_) if index_ >= NEAR else 0


def _prefix(size: int) -> int:
    return size - ceil(NEAR * size) + 1 if size >= LEAST_SHINGLES else 0
