"""Everything there is to say about a file before it is imported: one function for command line, page and import.

A reading is what a file holds. Here it is held against itself (repetitions, contradictions, near-duplicates), against
the bank it is meant for, and against the lint of items, after the author's fixes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final

from examengine.banks.findings import Finding, Findings
from examengine.banks.fixing import Fix, read_fix
from examengine.banks.item import OPTION_LETTERS, WITH_OPTIONS, Item, Kind, to_json
from examengine.banks.lint import lint_bank, lint_item
from examengine.banks.markup import settle
from examengine.banks.problems import Part
from examengine.banks.readers.gathering import REPETITION_CODES, by_kind, kept_out, repeated
from examengine.banks.readers.questions import Question
from examengine.banks.readers.reading import BankReading, ReadItem
from examengine.banks.readers.side_by_side import is_leftmost
from examengine.banks.similar import Compared, Forms, contradict, forms_of, near_duplicates
from examengine.banks.written import Written

MAX_NUMBER: Final = 100
"""Characters of an author's number that SQL keeps; a longer one is named by its digest."""
MOST_SAME_STEM: Final = 64
"""Of the bank's items with one stem ("下列说法正确的是") those that a question is held against: else a file and a
bank of nothing else would take the square of time."""
_MEANING: Final[Mapping[Part, str]] = {
    "stem": "题干",
    "key": "正确答案",
    "points": "分值",
    "difficulty": "难度",
    "topic": "知识点",
    "explanation": "解析",
    "source": "依据",
    "valid_until": "有效期",
    "external_no": "外部编号",
}


class Outcome(StrEnum):
    """What becomes of a question: a new item, a new version of the item with its number, nothing because the bank has
    it word by word; the same question under another number; kept out by an error; left out by the author.
    """

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    DUPLICATE = "duplicate"
    OUT = "out"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item of the bank. ``external_no`` names it there, ``digest`` its newest text; ``is_retired`` items count by
    their number alone.
    """

    item_id: int
    external_no: str
    digest: str
    item: Item
    is_retired: bool = False

    @property
    def named(self) -> str:
        nameless = self.external_no.startswith(("sha256:", "no:"))
        return f"“{self.item.stem[:24]}”" if nameless else f"编号 {self.external_no}"


class KnownBank:
    """A bank to hold files against; prepared once, used for many."""

    def __init__(self, items: Sequence[KnownItem]) -> None:
        self.items = tuple(items)
        self.by_number = {known.external_no: known for known in items}
        self.by_id = {known.item_id: known for known in items}
        self.compared = tuple(known for known in items if not known.is_retired)
        self.forms = tuple(forms_of(known.item) for known in self.compared)
        self.by_stem: dict[str, list[int]] = defaultdict(list)
        for index, forms in enumerate(self.forms):
            self.by_stem[forms.stem].append(index)


@dataclass(frozen=True, slots=True)
class CheckedQuestion:
    """A question with all that was found about it. ``target`` is the bank's item that it would change."""

    index: int
    question: Question
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    target: int | None = None
    contradicts: int | None = None
    is_fixed: bool = False

    @property
    def written(self) -> Written:
        return self.question.written or Written()


@dataclass(frozen=True, slots=True)
class Assessment:
    """``reading`` after the fixes, its findings complete; ``questions`` in the order of the file."""

    reading: BankReading
    questions: tuple[CheckedQuestion, ...]
    remarks: tuple[Finding, ...] = ()

    def count(self, outcome: Outcome) -> int:
        return sum(question.outcome is outcome for question in self.questions)


@dataclass(slots=True)
class _Work:
    reading: BankReading
    questions: list[Question]
    fixes: Mapping[int, Fix]
    known: KnownBank | None
    findings: Findings = field(default_factory=Findings)
    out: set[int] = field(default_factory=set)
    left_out: set[int] = field(default_factory=set)
    targets: dict[int, int] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    contradicts: dict[int, int] = field(default_factory=dict)
    places: dict[str, dict[str, str]] = field(default_factory=dict)

    def places_of(self, question: Question) -> Mapping[str, str]:
        # Told once for a sheet: where several questions share a row, the columns of the first.
        return self.places.get(question.sheet, {}) if is_leftmost(question.where) else {}

    def say(self, severity: str, code: str, index: int, message: str, meaning: str = "题干") -> None:
        question = self.questions[index]
        column = self.places_of(question).get(meaning, "")
        where = f"{question.where} {column}" if column else question.where
        if severity == "error":
            self.out.add(index)
            self.findings.add("error", code, where, message)
        else:
            self.findings.add("warning" if severity == "warning" else "info", code, where, message)


def assess(
    reading: BankReading,
    *,
    fixes: Mapping[int, Fix] | None = None,
    known: KnownBank | None = None,
    today: date | None = None,
) -> Assessment:
    """Says what an import of ``reading`` would do; ``fixes`` by the index of their question.

    Without ``known`` every importable question is new. ``today`` is the author's day, for dates of validity.
    """
    work = _Work(reading, list(reading.questions), _still_meant(reading, fixes or {}), known)
    for sheet in reading.columns:
        work.places[sheet.sheet] = {
            column.meaning: f"{column.letter} 列" for column in sheet.columns if column.meaning
        }
    kept = _apply_fixes(work)
    _settle(work)
    work.out |= repeated(work.questions, work.findings)
    with_item = [index for index, question in enumerate(work.questions) if question.item is not None]
    considered = [index for index in with_item if index not in work.out and index not in work.left_out]
    forms = {index: forms_of(item) for index in considered if (item := work.questions[index].item) is not None}
    if known is not None:
        _identify(work, known, considered)
        _against_bank(work, known, forms)
    _near(work, known, forms)
    for index in considered:
        _lint(work, index, today)
    return _assessment(work, kept, considered)


def _still_meant(reading: BankReading, fixes: Mapping[int, Fix]) -> dict[int, Fix]:
    count = len(reading.questions)
    return {
        index: fix
        for index, fix in fixes.items()
        if 0 <= index < count and reading.questions[index].where == fix.where
    }


def _apply_fixes(work: _Work) -> list[Finding]:
    """Reads the fixes; what is left of the reader's findings."""
    redone = {work.questions[index].where for index in work.fixes}
    kept = [
        finding
        for finding in work.reading.findings
        if finding.code not in REPETITION_CODES and _question_place(finding.where, redone) is None
    ]
    for index, fix in work.fixes.items():
        question = work.questions[index]
        if fix.leave_out:
            work.left_out.add(index)
            work.questions[index] = replace(question, item=None)
            continue
        written = fix.written or question.written
        if written is not None and fix.written is not None:
            fixed, said = read_fix(question, written, work.places_of(question))
            work.questions[index] = fixed
            kept += said
        elif question.where in redone:
            kept += [f for f in work.reading.findings if _question_place(f.where, {question.where}) is not None]
    return kept


def _question_place(where: str, places: set[str]) -> str | None:
    """The question's place that a finding's place lies in."""
    if where in places:
        return where
    shorter = where
    for _ in range(2):
        shorter = shorter.rpartition(" ")[0]
        if shorter in places:
            return shorter
    return None


def _settle(work: _Work) -> None:
    with_item = [(index, item) for index, q in enumerate(work.questions) if (item := q.item) is not None]
    settled, media = settle([item for _, item in with_item], work.reading.media)
    for (index, before), item in zip(with_item, settled, strict=True):
        if item is not before:
            work.questions[index] = replace(work.questions[index], item=item)
    work.reading = replace(work.reading, media=media)


def digest_of(item: Item) -> str:
    """What tells whether an author's text has changed, before its options get their ids (hex)."""
    return hashlib.sha256(to_json(item)).hexdigest()


def digest_of_kept(item: Item) -> str:
    """The same of an item that has its ids: what its author would have read from a file, whatever its letters are."""
    if item.kind in WITH_OPTIONS and item.kind is not Kind.TRUE_FALSE:
        letters = dict(zip((option.id for option in item.options), OPTION_LETTERS, strict=False))
        options = tuple(replace(option, id=letters[option.id]) for option in item.options)
        item = replace(item, options=options, key=frozenset(letters[letter] for letter in item.key))
    return digest_of(item)


def number_of(item: Item) -> str:
    """The name by which the bank knows an item: its author's number, its text's digest without one."""
    if not item.external_no:
        return f"sha256:{digest_of(item)}"
    if len(item.external_no) <= MAX_NUMBER:
        return item.external_no
    return f"no:{hashlib.sha256(item.external_no.encode()).hexdigest()}"


def _identify(work: _Work, known: KnownBank, considered: Sequence[int]) -> None:
    """Which questions are items of the bank already, by their number or by the author's word."""
    for index in considered:
        item = work.questions[index].item
        assert item is not None
        fix = work.fixes.get(index)
        chosen = known.by_id.get(fix.replaces) if fix is not None and fix.replaces is not None else None
        there = chosen or known.by_number.get(number_of(item))
        if there is not None:
            work.targets[index] = there.item_id
            work.outcomes[index] = Outcome.SAME if there.digest == digest_of(item) else Outcome.CHANGED


def _against_bank(work: _Work, known: KnownBank, forms: Mapping[int, Forms]) -> None:
    replaced = set(work.targets.values())
    for index, mine in forms.items():
        for place in known.by_stem.get(mine.stem, ())[:MOST_SAME_STEM]:
            there = known.compared[place]
            if there.item_id in replaced:
                continue
            if known.forms[place] == mine:
                if index not in work.targets:
                    work.targets[index] = there.item_id
                    item = work.questions[index].item
                    is_same = item is not None and digest_of(item) == there.digest
                    work.outcomes[index] = Outcome.SAME if is_same else Outcome.DUPLICATE
                    if not is_same:
                        work.say("warning", "known_in_bank", index, f"题库中已有这道题（{there.named}）")
            elif contradict(mine, known.forms[place]):
                work.contradicts[index] = there.item_id
                said = _key_told(there.item)
                message = (
                    f"与题库中{there.named}题干相同而答案不同，题库里是“{said}”，没有导入；"
                    "请核对，若是更正答案请选“作为更正”"
                )
                work.say("error", "contradiction_in_bank", index, message, "正确答案")
            elif index not in work.targets:
                work.say("warning", "same_stem_in_bank", index, f"与题库中{there.named}题干相同、选项不同；请核对")


def _key_told(item: Item) -> str:
    texts = [option.text for option in item.options if option.id in item.key]
    return "；".join(texts)[:60] or "（见题库）"


def _near(work: _Work, known: KnownBank | None, forms: Mapping[int, Forms]) -> None:
    indexes = [index for index in forms if index not in work.out and work.outcomes.get(index) is not Outcome.SAME]
    old = known.forms if known is not None else ()
    compared = near_duplicates([forms[index] for index in indexes], old)
    if compared.new_left or compared.old_left:
        work.findings.add("warning", "near_not_compared", "文件", _not_compared(compared))
    for near in compared.near:
        index = indexes[near.index]
        if near.is_old:
            assert known is not None
            there = known.compared[near.other]
            mine = work.targets.get(index)
            if there.item_id == mine or known.forms[near.other].stem == forms[index].stem:
                continue
            place, stem = f"题库中{there.named}", there.item.stem
        else:
            other = indexes[near.other]
            if forms[other].stem == forms[index].stem:
                # said as 题干相同 already
                continue
            question = work.questions[other]
            place, stem = question.where, question.item.stem if question.item is not None else ""
        message = f"与{place}有 {near.percent}% 相同：“{stem[:40]}”；请核对是否重复"
        work.say("warning", "near_duplicate", index, message)


def _not_compared(compared: Compared) -> str:
    parts = [f"本文件靠后的 {compared.new_left} 题"] if compared.new_left else []
    parts += [f"题库中靠后的 {compared.old_left} 题"] if compared.old_left else []
    return (
        f"文件太大或相近的题太多，{'、'.join(parts)}没有逐题比较是否与其他题相近"
        "（题干相同的都查过）；要查全，请拆成几个文件"
    )


def _lint(work: _Work, index: int, today: date | None) -> None:
    question = work.questions[index]
    if question.item is None:
        return
    for problem in lint_item(question.item, today):
        meaning = _MEANING.get(problem.part, "")
        if problem.part == "options":
            meaning = f"选项{OPTION_LETTERS[(problem.option or 0) % 26].upper()}"
        work.say(problem.severity, problem.code, index, problem.message, meaning)


def _assessment(work: _Work, kept: Sequence[Finding], considered: Sequence[int]) -> Assessment:
    taken = [index for index in considered if index not in work.out]
    items = []
    for index in taken:
        item = work.questions[index].item
        assert item is not None
        items.append(ReadItem(item, work.questions[index].where))
    for message in lint_bank([read.item for read in items]):
        work.findings.add("info", "key_bias", "文件", message)
    findings = (*kept, *work.findings.result())
    said = _by_question(work, findings)
    questions = tuple(
        CheckedQuestion(
            index,
            question,
            _outcome(work, index),
            tuple(said.get(index, ())),
            work.targets.get(index),
            work.contradicts.get(index),
            index in work.fixes,
        )
        for index, question in enumerate(work.questions)
    )
    reading = replace(
        work.reading,
        items=tuple(items),
        by_type=by_kind(work.questions),
        importable=len(items),
        findings=findings,
        kept_out=kept_out(work.questions),
        questions=tuple(work.questions),
    )
    return Assessment(reading, questions, tuple(said.get(-1, ())))


def _outcome(work: _Work, index: int) -> Outcome:
    if index in work.left_out:
        return Outcome.LEFT_OUT
    if work.questions[index].item is None or index in work.out:
        return Outcome.OUT
    return work.outcomes.get(index, Outcome.NEW)


def _by_question(work: _Work, findings: Sequence[Finding]) -> dict[int, list[Finding]]:
    """Findings by the index of their question; -1 for those about the file."""
    indexes: dict[str, int] = {}
    for index, question in enumerate(work.questions):
        indexes.setdefault(question.where, index)
    places = set(indexes)
    said: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        place = _question_place(finding.where, places)
        said[-1 if place is None else indexes[place]].append(finding)
    return said
