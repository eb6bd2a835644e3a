"""A typed paper to a reading: keys are looked for where authors put them, the rest is the sheet's business."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from examengine.banks.dialects.answers import letters_of, truth_of
from examengine.banks.dialects.headers import Field
from examengine.banks.dialects.options import LETTERS
from examengine.banks.findings import Findings, Understood
from examengine.banks.item import Kind
from examengine.banks.markup import Media
from examengine.banks.readers.gathering import gathered
from examengine.banks.readers.lines import Line, at_line
from examengine.banks.readers.prose import marks
from examengine.banks.readers.prose.paper import Paper
from examengine.banks.readers.prose.problem import Problem
from examengine.banks.readers.reading import BankReading
from examengine.banks.readers.told import Told, questions_told

SHORT_KEY: Final = 40

_CHOICES: Final = frozenset({Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE})
_EXTRAS: Final[Mapping[str, Field]] = {
    "topic": Field.TOPIC,
    "difficulty": Field.DIFFICULTY,
    "points": Field.POINTS,
    "kind": Field.KIND,
    "source": Field.SOURCE,
    "external_no": Field.EXTERNAL_NO,
}
_TAG_AROUND = re.compile(
    rf"^[（(【\[]\s*(?P<a>(?:{marks.KIND_WORDS})题?)\s*[)）】\]]\s*"
    rf"|\s*[（(【\[]\s*(?P<b>(?:{marks.KIND_WORDS})题?)\s*[)）】\]]{marks.BEHIND_KIND}\s*[*＊]?\s*$"
)
_NOT_FOR_CANDIDATES = re.compile(r"^\[(?:Test|难度|分数|分值)[^\]]{0,20}\]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """What prose comes from: the format's name, its encoding, and pictures by their number in the text."""

    form: str
    encoding: str
    pictures: Mapping[int, str]
    media: tuple[Media, ...] = ()
    unit: str = "行"


def read_prose(lines: Sequence[Line], source: Source, findings: Findings | None = None) -> BankReading:
    """The questions of a typed paper."""
    findings, understood = findings or Findings(), Understood()
    paper = Paper(lines).read()
    told: list[Told] = []
    for index, problem in enumerate(paper.problems):
        one = _told(problem, paper.tabled.get(index, ""), (len(told) + 1, source.unit), understood)
        if one is None:
            findings.group("not_a_question", "", problem.line, "有编号但没有选项、答案和题型，不像题目，没有读入")
        else:
            told.append(one)
    if paper.tabled:
        understood.note("answers at the end", f"答案在文末集中给出，按题号对应到 {len(paper.tabled)} 题")
    questions = questions_told(told, findings, understood, source.pictures)
    return gathered(source.form, source.encoding, questions, findings, understood.result(), source.media)


def _told(problem: Problem, tabled: str, place: tuple[int, str], understood: Understood) -> Told | None:
    options = {index: "\n".join(part for part in parts if part) for index, parts in enumerate(problem.options)}
    stem = "\n".join(problem.stem)
    key = "\n".join(problem.key).strip() or tabled
    marked = _marked_options(options)
    stem, kind_said = _without_tags(stem)
    if not key and marked:
        key = "".join(LETTERS[index] for index in sorted(marked) if index < len(LETTERS))
        understood.note("marked options", "标有“（正确答案）”或“√”的选项读作答案")
    kind = problem.section.kind
    if not key:
        stem, key = _key_in_stem(stem, len(options), kind, understood)
        if not key and not options and kind is Kind.SHORT_ANSWER:
            stem, key = _filled_blanks(stem, understood)
    elif options or kind is Kind.TRUE_FALSE:
        stem = _without_key(stem, len(options))
    elif kind is Kind.SHORT_ANSWER:
        stem = _without_words(stem, key)
    if problem.material:
        stem = f"{problem.material}\n{stem}"
        kind = None if options else kind
    one = Told(problem.line, at_line(problem.line, *place), options=options, kind_around=kind)
    one.fields = {
        Field.STEM: stem,
        Field.KEY: key,
        Field.TOPIC: problem.topic,
        Field.POINTS: problem.section.points,
        Field.EXPLANATION: "\n".join(part for part in problem.explanation if part),
        Field.KIND: kind_said or ("选择题" if problem.section.any_choice else ""),
    }
    one.fields |= {_EXTRAS[name]: text for name, text in problem.extra.items() if text}
    if kind is None and not one.fields[Field.KIND]:
        if not options and not key and not marks.EMPTY_BRACKETS.search(stem):
            return None
        one.kind_around = _kind_of_open_question(stem, key) if not options else None
    return one


def _kind_of_open_question(stem: str, key: str) -> Kind | None:
    """A question without options or heading: by its answer, an essay where that is long."""
    if truth_of(key) is not None or letters_of(key):
        return None
    blanks = len(marks.EMPTY_BRACKETS.findall(stem))
    if blanks == 0 and (len(key) > SHORT_KEY or "\n" in key):
        return Kind.ESSAY
    return Kind.SHORT_ANSWER


def _marked_options(options: dict[int, str]) -> set[int]:
    """Options that say of themselves that they are right; the mark is taken off."""
    found = {
        index
        for index, text in options.items()
        # "A. √  B. ×": a mark alone is the option itself.
        if text and (match := marks.RIGHT_OPTION.search(text)) and match.start() > 0
    }
    if not found or len(found) == len(options):
        return set()
    for index in found:
        options[index] = marks.RIGHT_OPTION.sub("", options[index])
    return found


def _without_tags(stem: str) -> tuple[str, str]:
    """The stem without a kind in brackets before or behind it, and that kind."""
    stem = _NOT_FOR_CANDIDATES.sub("", stem)
    match = _TAG_AROUND.search(stem)
    if match is None:
        return stem, ""
    return (stem[: match.start()] + stem[match.end() :]).strip(), (match["a"] or match["b"])


def _key_in_stem(stem: str, options: int, kind: Kind | None, understood: Understood) -> tuple[str, str]:
    """A stem whose brackets hold the key, with the brackets emptied, and the key."""
    flat = marks.plain(stem)
    end = marks.KEY_AT_END.search(flat)
    if end:
        return stem[: end.start()].rstrip(), end[1]
    found = [match for match in marks.KEY_IN_BRACKETS.finditer(flat) if _fits(match[1], options, kind)]
    found = found or [match for match in marks.KEY_ON_RULE.finditer(flat) if _fits(match[1], options, kind)]
    if found:
        match = found[-1]
        understood.note(f"key in stem {options > 0}", f"题干括号里的“{match[1].strip()}”读作答案，括号已清空")
        together = _brackets_together([one[1] for one in found], kind) if options else ""
        if together:
            for one in reversed(found):
                stem = stem[: one.start()] + marks.BLANK_OF_ANSWER + stem[one.end() :]
            return tidy_end(stem), together
        at_end = not flat[match.end() :].strip(" 。.．")
        blank = "" if at_end and not options else marks.BLANK_OF_ANSWER
        return tidy_end(stem[: match.start()] + blank + stem[match.end() :]), match[1]
    bare = marks.LETTERS_AT_END.search(flat) if kind in _CHOICES else None
    if bare and options and _fits(bare[1], options, kind):
        understood.note("key behind colon", f"题干冒号后的“{bare[1]}”读作答案，已从题干去掉")
        return stem[: bare.start()] + marks.BLANK_OF_ANSWER, bare[1]
    mark = marks.MARK_AT_END.search(flat)
    if mark is None and kind is Kind.TRUE_FALSE:
        mark = marks.WORD_AT_END.search(flat)
    if mark and not options:
        return stem[: mark.start()].rstrip(), mark[1]
    return stem, ""


def _brackets_together(keys: Sequence[str], kind: Kind | None) -> str:
    """The key of several brackets: the same letter in each, or of a multiple choice a letter in each; else ""."""
    letters = [word.strip().upper() for word in keys]
    if len(letters) < 2:
        return ""
    if len(set(letters)) == 1:
        return letters[0]
    apart = (
        kind is Kind.MULTIPLE_CHOICE and all(len(one) == 1 for one in letters) and len(set(letters)) == len(letters)
    )
    return "".join(letters) if apart else ""


def _filled_blanks(stem: str, understood: Understood) -> tuple[str, str]:
    """A fill-in question whose blanks still hold their answers: the blanks emptied, and the answers."""
    found = list(marks.FILLED_BLANKS.finditer(stem))
    if not found or marks.EMPTY_BRACKETS.search(marks.FILLED_BLANKS.sub("", stem)):
        return stem, ""
    understood.note("filled blanks", f"填空题空里的“{(found[0][1] or found[0][2])[:20]}”读作答案，空已清空")
    return marks.FILLED_BLANKS.sub("____", stem), "|".join(match[1] or match[2] for match in found)


def _without_words(stem: str, key: str) -> str:
    """The stem of a fill-in question with those blanks emptied that hold what the key says."""
    said = {part.strip() for part in re.split(r"[|;；、，,\n]", key)} | {key.strip()}
    return marks.FILLED_BLANKS.sub(lambda match: "____" if (match[1] or match[2]) in said else match[0], stem)


def tidy_end(stem: str) -> str:
    """A stem without the double full stop that taking out a bracket may leave."""
    return re.sub(r"([。.])\s*[。.]$", r"\1", stem.strip())


def _fits(key: str, options: int, kind: Kind | None) -> bool:
    truth = truth_of(key) is not None
    if options:
        letters = letters_of(key) or ()
        return bool(letters) and all(LETTERS.index(letter.upper()) < options for letter in letters)
    return (truth and kind not in _CHOICES) or (kind in _CHOICES and bool(letters_of(key)))


def _without_key(stem: str, options: int) -> str:
    """The stem with a key that also stands elsewhere taken out of its brackets."""
    flat = marks.plain(stem)
    found = [match for match in marks.KEY_IN_BRACKETS.finditer(flat) if _fits(match[1], options, None)]
    if not found:
        return stem
    match = found[-1]
    return stem[: match.start()] + marks.BLANK_OF_ANSWER + stem[match.end() :]
