"""Answers that stand together at the end of a paper, brought to their questions by number and section."""

import re
from collections.abc import Iterator, Sequence

from examengine.banks.dialects.kinds import kind_of
from examengine.banks.item import Kind
from examengine.banks.readers.prose import marks
from examengine.banks.readers.prose.answer_tables import entries_of, headed, numbers_row
from examengine.banks.readers.prose.line_parts import split_at_explanation
from examengine.banks.readers.prose.problem import Problem, Section

_NEXT_NUMBER = re.compile(r"[\s;；]+(\d{1,3})\s*[.．、:：)）]\s*(?=\S)")


class AnswersAtEnd:
    """Takes the lines below the heading "参考答案"; ``tabled`` receives answers by the index of their question."""

    def __init__(self, problems: Sequence[Problem], tabled: dict[int, str]) -> None:
        self._problems, self._tabled = problems, tabled
        self._by_number: dict[int, list[int]] = {}
        for index, problem in enumerate(problems):
            if problem.number is not None:
                self._by_number.setdefault(problem.number, []).append(index)
        self._section: Section | None = None
        self._numbers_above: tuple[int, ...] = ()
        self._last = 0

    def begin_section(self, kind: Kind | None) -> None:
        """A heading among the answers: those of the next section of this kind follow."""
        sections = list({problem.section.index: problem.section for problem in self._problems}.values())
        after = self._section.index if self._section else -1
        alike = [section for section in sections if section.kind is kind]
        later = [section for section in alike if section.index > after]
        self._section = next(iter(later or alike), None)
        self._last = 0

    def take(self, text: str) -> None:
        """A line of answers, of numbers above answers, or of an explanation to the answer before."""
        under = headed(text)
        if under is not None:
            self._begin_headed(under[0])
            text = under[1]
        above = numbers_row(text)
        if above:
            self._numbers_above = above
            return
        explained = marks.EXPLANATION.match(marks.plain(text))
        before, inline, reason = split_at_explanation(text)
        entries = [] if explained else list(entries_of(before if inline else text, self._numbers_above))
        self._numbers_above = ()
        if len(entries) == 1 and self._section is not None and self._section.kind is Kind.SHORT_ANSWER:
            entries = list(_worded_run(*entries[0]))
        for number, answer in entries:
            self._answer(number, answer)
        if inline and len(entries) == 1 and (one := self._index_of(self._last)) is not None:
            self._problems[one].explanation.append(reason)
        index = self._index_of(self._last) if not entries and self._last else None
        if index is not None:
            problem = self._problems[index]
            if not explained and problem.section.kind is Kind.ESSAY and index in self._tabled:
                self._tabled[index] += f"\n{text}"
            else:
                problem.explanation.append(explained["rest"] if explained else text)

    def _begin_headed(self, word: str) -> None:
        """The heading of a section and its answers on one line; a mere numeral heads the next section."""
        if word:
            self.begin_section(kind_of(word))
        else:
            after = self._section.index if self._section else -1
            sections = {problem.section.index: problem.section for problem in self._problems}
            self._section = next((one for index, one in sorted(sections.items()) if index > after), self._section)
            self._last = 0

    def _answer(self, number: int, answer: str) -> None:
        if number <= self._last and self._section is None:
            # Numbers begin again: the answers of the next section.
            self._section = self._section_after(self._index_of(self._last))
        self._last = number
        index = self._index_of(number)
        if index is not None:
            self._tabled.setdefault(index, answer)

    def _section_after(self, index: int | None) -> Section | None:
        if index is None:
            return None
        here = self._problems[index].section.index
        return next((problem.section for problem in self._problems if problem.section.index > here), None)

    def _index_of(self, number: int) -> int | None:
        found = self._by_number.get(number, [])
        if self._section is not None:
            inside = [index for index in found if self._problems[index].section.index == self._section.index]
            found = inside or found
        free = [index for index in found if index not in self._tabled]
        return next(iter(free or found), None)


def _worded_run(number: int, answer: str) -> Iterator[tuple[int, str]]:
    """Answers in words, several on a line, as long as their numbers go on ("1、安全第一 2、月")."""
    rest = answer
    for match in _NEXT_NUMBER.finditer(answer):
        if int(match[1]) != number + 1:
            continue
        tail = answer[match.end() :]
        yield number, rest[: len(rest) - len(answer[match.start() :])].strip()
        number, rest = number + 1, tail
    yield number, rest.strip()
