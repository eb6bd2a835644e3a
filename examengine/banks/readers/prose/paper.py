"""A typed paper taken apart line by line into questions. Nothing is decided yet about keys and kinds."""

import re
from collections.abc import Sequence
from typing import Final

from examengine.banks.cells.grid import ROWS_LIMIT
from examengine.banks.item import Kind
from examengine.banks.readers.gathering import too_many
from examengine.banks.readers.lines import Line
from examengine.banks.readers.prose import marks
from examengine.banks.readers.prose.answer_tables import begins_table, entries_of, headed, is_table_line
from examengine.banks.readers.prose.answers_at_end import AnswersAtEnd
from examengine.banks.readers.prose.copied import unfolded
from examengine.banks.readers.prose.line_parts import (
    bounded,
    has_own_key,
    inner_number,
    is_numbered,
    narrowed,
    split_at_explanation,
)
from examengine.banks.readers.prose.options import begins_option, options_on, run_within
from examengine.banks.readers.prose.problem import Problem, Section
from examengine.banks.wording import tidy_line

LOOK_AHEAD_LINES: Final = 10
GAP_IN_NUMBERS: Final = 40


_PAGE_FOOT = re.compile(r"^(?:第\s*\d{1,4}\s*页.{0,20}|[-—－]\s*\d{1,4}\s*[-—－]|\d{1,3}\s*/\s*\d{1,3})$")
_KIND_SAID = re.compile(r"[【\[]?\s*题型\s*[】\]]?\s*[:：]")


class Paper:
    """Reads lines in order; ``problems`` are the questions found."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = [Line(line.number, narrowed(line.text)) for line in lines]
        self._lines = [Line(line.number, bounded(line.text)) for line in unfolded(self._lines)]
        self._lines = [line for line in self._lines if not _PAGE_FOOT.match(line.text)]
        self._at = 0
        self._blank = True
        self._section = Section()
        self._topic = ""
        self._style = ""
        self._fresh = True
        self._first_style = ""
        self._material = ""
        self._answers: AnswersAtEnd | None = None
        self.problems: list[Problem] = []
        self.tabled: dict[int, str] = {}
        self._numbered = is_numbered(self._lines)
        said = sum(1 for line in self._lines if _KIND_SAID.match(line.text))
        numbered = sum(1 for line in self._lines if marks.QUESTION.match(marks.plain(line.text)))
        self._kind_of_each = said > 1 and 2 * said >= numbered

    @property
    def _now(self) -> Problem | None:
        return self.problems[-1] if self.problems and not self._fresh else None

    def read(self) -> "Paper":
        for at, line in enumerate(self._lines):
            self._at = at
            if not line.text:
                self._blank = True
                continue
            self._take(line)
            self._blank = False
        return self

    def _take(self, line: Line) -> None:
        text = line.text
        if self._heading(text):
            return
        if self._answers is not None:
            self._answers.take(text)
            return
        if self._labelled(text):
            return
        if self._question(line) or self._option(text):
            return
        if self._begins_unnumbered(text) if not self._numbered else self._begins_lone_case():
            self._begin(line, None, text)
            return
        self._continue(text)

    # Headings

    def _heading(self, text: str) -> bool:
        flat = marks.plain(text)
        if marks.CHAPTER.match(flat) and not self._in_long_answer():
            self._topic = tidy_line(text)
            self._close()
            return True
        topic = marks.TOPIC_LINE.match(flat)
        if topic and self._fresh:
            self._topic = tidy_line(topic["rest"])
            return True
        if self._begins_answers(flat):
            self._close()
            self._answers = AnswersAtEnd(self.problems, self.tabled)
            return True
        if self._answers is None and self.problems and begins_table(text, self._next_text()):
            self._close()
            self._answers = AnswersAtEnd(self.problems, self.tabled)
            return False
        if self._answers is not None and headed(text) is not None:
            return False
        found = None if self._kind_of_one(flat) else marks.section_of(text)
        if found is None or not found[2]:
            if found is not None:
                self._close()
                self._section = Section(self._section.index + 1)
                return True
            return False
        kind, points, _ = found
        if self._answers is not None:
            if self._lines_ahead_are_answers():
                self._answers.begin_section(kind)
                return True
            self._answers = None
        self._close()
        self._section = Section(self._section.index + 1, kind, points, any_choice=kind is None)
        return True

    def _kind_of_one(self, flat: str) -> bool:
        """True where "题型：…" is said of the question above and heads no section."""
        now = self._now
        return now is not None and bool(_KIND_SAID.match(flat)) and (self._kind_of_each or not now.complete)

    def _close(self) -> None:
        self._fresh = True
        self._style = self._material = ""

    def _in_long_answer(self) -> bool:
        now = self._now
        return now is not None and now.part == "key" and not now.options and not self._blank

    def _begins_answers(self, flat: str) -> bool:
        if not self.problems or not marks.ANSWERS_HEADING.match(flat):
            return False
        without = sum(1 for problem in self.problems if not problem.key and not problem.keyed_in_stem)
        return without > 0 and (self._lines_ahead_are_answers() or (without > 1 and self._headings_again()))

    def _lines_ahead_are_answers(self) -> bool:
        for line in self._ahead()[:3]:
            if is_table_line(line.text) or headed(line.text) is not None:
                return True
            found = marks.section_of(line.text)
            if found is None and not marks.CHAPTER.match(line.text):
                return bool(self._answers is not None and re.match(r"\d", line.text))
        return False

    def _headings_again(self) -> bool:
        """True where the paper's first heading comes again, with numbered lines and no options below it."""
        first = self.problems[0].section
        ahead = self._ahead()
        again = marks.section_of(ahead[0].text) if ahead else None
        if again is None or again[0] is not first.kind or len(ahead) < 2:
            return False
        return re.match(r"\d", ahead[1].text) is not None and not any(begins_option(one.text, 0) for one in ahead)

    def _ahead(self) -> list[Line]:
        following = self._lines[self._at + 1 : self._at + 1 + 2 * LOOK_AHEAD_LINES]
        return [line for line in following if line.text][:LOOK_AHEAD_LINES]

    # Lines that name what they are

    def _labelled(self, text: str) -> bool:
        now = self._now
        if now is None:
            return False
        flat = marks.plain(text)
        both = marks.MINE_AND_RIGHT.match(flat)
        if both:
            letters = marks.LETTER_AND_TEXT.findall(both["rest"])
            self._say_key(now, "".join(letters) or both["rest"].strip(" ;；"))
            return True
        if marks.SCORE_LINE.match(flat) and now.part in {"key", "other", "explanation"}:
            return True
        answer = marks.ANSWER.match(flat)
        if answer and self._are_answers_of_all(answer["rest"]):
            self._close()
            self._answers = AnswersAtEnd(self.problems, self.tabled)
            self._answers.take(answer["rest"])
            return True
        if answer:
            self._say_key(now, text[len(text) - len(answer["rest"]) :] if answer["rest"] else "")
            return True
        explained = marks.EXPLANATION.match(flat)
        if explained:
            now.part = "explanation"
            now.explanation.append(text[len(text) - len(explained["rest"]) :] if explained["rest"] else "")
            now.inner = inner_number(explained["rest"])
            return True
        for pattern, name in marks.FIELDS:
            match = pattern.match(flat)
            if match and not (name == "source" and now.part == "stem"):
                now.extra.setdefault(name, match["rest"].strip())
                now.part = "source" if name == "source" else "other"
                return True
        return False

    def _are_answers_of_all(self, rest: str) -> bool:
        """True for "答案：1-5 BAABB": the keys of several questions, most of which have none yet."""
        entries = list(entries_of(rest, ())) if rest else []
        first_of_all = len(entries) == 1 and entries[0][0] == 1 and is_table_line(self._next_text())
        if len(entries) < 2 and not first_of_all:
            return False
        without = sum(1 for problem in self.problems if not problem.key and not problem.keyed_in_stem)
        return without >= max(2, len(entries))

    def _say_key(self, now: Problem, rest: str) -> None:
        now.part = "key"
        before, found, after = split_at_explanation(rest)
        said = marks.SOMEBODYS_ANSWER.sub("", before).strip()
        if now.options and said and any(now.key):
            # Said twice: the same is no news, another is no second letter.
            said = "" if said in now.key else f"（又写作 {said}）"
        now.key.append(said)
        now.inner = inner_number(before)
        if found:
            now.part = "explanation"
            now.explanation.append(after)

    # Questions

    def _question(self, line: Line) -> bool:
        match = marks.QUESTION.match(marks.plain(line.text))
        if match is None:
            return False
        style = next(name for name in marks.STYLES if match[name])
        number = marks.number_of(match[style])
        follows_at_once, style = style == "e", "b" if style == "e" else style
        rest = line.text[len(line.text) - len(match["rest"]) :] if match["rest"] else ""
        # "2.0.5的倒数是" is the second question only where it is due and asks something.
        due = not follows_at_once or (self._is_due(number) and (self._options_follow(rest) or has_own_key(rest)))
        if not due or not self._accepts(number, style, rest):
            now = self._now
            if now is not None:
                now.inner = number
            return False
        if style == "z":
            self._material = ""
        elif self._style == "z":
            self._material = "\n".join(self.problems.pop().stem)
        self._begin(line, number, rest)
        self._style = style
        self._first_style = self._first_style or style
        if match["pre"]:
            self.problems[-1].key.append(match["pre"])
        return True

    def _is_due(self, number: int) -> bool:
        now = self._now
        return number == 1 if now is None else now.complete and number == (now.number or 0) + 1

    def _accepts(self, number: int, style: str, rest: str) -> bool:
        now = self._now
        if style == "z" and self._style != "z":
            # "（一）" counts essays and cases; elsewhere it heads a part of a text.
            return self._section.kind is Kind.ESSAY and (now is None or (bool(self._material) and now.complete))
        if now is None:
            if style == "d":
                return number == 1
            return style != "c" or self._first_style in {"", "c"} or self._section.kind is None
        expected = (now.number or 0) + 1
        if style != self._style:
            if self._style == "z":
                # Questions with options below a case: it is what all of them are asked about.
                return style != "d" and not now.key and not now.options and self._options_follow(rest)
            return style != "d" and self._style != "" and number == expected and now.complete and style != "c"
        if style == "d" and number != expected:
            return False
        inner = now.inner and number == now.inner + 1 and not self._blank
        if inner and not (now.complete and self._options_follow(rest)):
            return False
        if number == expected:
            return True
        if expected < number <= expected + GAP_IN_NUMBERS:
            if not now.options and (self._answer_follows() or self._blank) and self._is_worded(now):
                return True
            return now.complete and (now.part != "key" or self._blank or len(now.options) > 1)
        return now.complete and (self._options_follow(rest) or has_own_key(rest)) and now.part != "stem"

    def _begins_lone_case(self) -> bool:
        """True for a case below its heading that has no number, and whose answer comes before any number."""
        if not self._fresh or self._section.kind is not Kind.ESSAY:
            return False
        for line in self._ahead():
            flat = marks.plain(line.text)
            if marks.ANSWER.match(flat):
                return True
            if marks.QUESTION.match(flat) or marks.section_of(line.text) or marks.CHAPTER.match(flat):
                return False
        return False

    def _is_worded(self, now: Problem) -> bool:
        """True below a heading of questions without options, where nothing but a number begins the next."""
        return now.section.kind in {Kind.ESSAY, Kind.SHORT_ANSWER} and (now.part != "stem" or self._blank)

    def _answer_follows(self) -> bool:
        return marks.ANSWER.match(marks.plain(self._next_text())) is not None

    def _options_follow(self, rest: str) -> bool:
        if run_within(rest) is not None:
            return True
        for line in self._ahead():
            if begins_option(line.text, 0):
                return True
            if marks.QUESTION.match(marks.plain(line.text)):
                return False
        return False

    def _begins_unnumbered(self, text: str) -> bool:
        now = self._now
        if now is None:
            return self._options_follow(text) or self._section.kind is not None
        if now.part in {"key", "explanation", "other", "source"} and now.complete:
            return self._blank or self._options_follow(text) or marks.KIND_TAG.match(text) is not None
        if len(now.options) > 1:
            return self._blank or begins_option(self._next_text(), 0)
        return now.section.kind is Kind.TRUE_FALSE and now.keyed_in_stem

    def _next_text(self) -> str:
        ahead = self._ahead()
        return ahead[0].text if ahead else ""

    def _next_begins_option(self, expected: int) -> bool:
        following = self._next_text()
        # "(A) 2. 首都？" is a question behind its key.
        keyed = marks.QUESTION.match(marks.plain(following))
        return begins_option(following, expected) and (keyed is None or not keyed["pre"])

    def _begin(self, line: Line, number: int | None, rest: str) -> None:
        self._fresh = False
        if len(self.problems) >= ROWS_LIMIT:
            raise too_many()
        problem = Problem(line.number, number, self._section, self._topic, self._material)
        self.problems.append(problem)
        inside = None if self._next_begins_option(0) else run_within(rest)
        if inside is not None:
            rest, found = inside
            self._options(problem, found)
        if rest:
            problem.add_to_stem(rest)
            tag = marks.CHOICES_BELOW.search(rest)
            tagged = tag is not None and bool(rest[: tag.start()].strip())
            problem.bare_options = tagged and not problem.options and not self._next_begins_option(0)

    def _option(self, text: str) -> bool:
        now = self._now
        if now is None or now.part not in {"stem", "option"}:
            return False
        expected = len(now.options)
        found = options_on(text, expected, alone=self._next_begins_option(expected + 1))
        if found is None or (not expected and not self._really_options(found)):
            return False
        self._options(now, found)
        return True

    def _really_options(self, found: list[str]) -> bool:
        """A lone "A …" is an option where B follows, on the line or within the next few."""
        return len(found) > 1 or any(begins_option(line.text, 1) for line in self._ahead()[:4])

    def _options(self, now: Problem, found: list[str]) -> None:
        for text in found:
            now.options.append([text])
        now.part = "option"
        end = marks.KEY_AT_END.search(marks.plain(now.options[-1][0]))
        if end:
            now.key.append(end[1])
            now.options[-1][0] = now.options[-1][0][: end.start()].rstrip()

    def _continue(self, text: str) -> None:
        now = self._now
        if now is None:
            return
        if now.bare_options and now.part in {"stem", "option"}:
            now.options.append([text])
            now.part = "option"
            return
        match now.part:
            case "stem":
                now.add_to_stem(text)
            case "option":
                now.options[-1].append(text)
            case "key":
                inner = inner_number(text)
                now.inner = inner or now.inner
                (now.explanation if now.options else now.key).append(text)
            case "explanation":
                now.inner = inner_number(text) or now.inner
                now.explanation.append(text)
            case "source":
                now.extra["source"] = f"{now.extra.get('source', '')} {text}"
            case _:
                now.explanation.append(text)
