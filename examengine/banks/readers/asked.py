"""A question as a structured format states it, before it becomes an item or stays out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from examengine.banks.checks import check_item
from examengine.banks.dialects.answers import bare_answer, truth_pair
from examengine.banks.dialects.meta import Meta
from examengine.banks.findings import Findings, Severity
from examengine.banks.item import KIND_LABELS, OPTION_LETTERS, TRUE_FALSE_OPTIONS, WITH_OPTIONS, Item, Kind, Option
from examengine.banks.markup import Rich
from examengine.banks.readers.questions import Question
from examengine.banks.responses import ChoiceExpected, EssayExpected, Expected
from examengine.banks.wording import LINE_LIMIT, STEM_LIMIT, fixed_options, tidy, tidy_line
from examengine.banks.written import written_of

FULL: Final = 100.0
NEARLY_FULL: Final = 99.99


@dataclass(frozen=True, slots=True)
class Choice:
    """An option with what choosing it earns, in percent of the full score."""

    text: Rich
    percent: float
    fixed: bool = False


@dataclass(slots=True)
class Asked:
    """A question; ``where`` names its place for people. ``remarks`` are (severity, code, message).

    ``choices`` and ``truth`` are for the kinds that have options, ``expected`` for the others. ``label`` is the
    format's own name of the kind, for messages; ``meta`` what the file says of the question beside it.
    """

    where: str
    kind: Kind
    stem: Rich
    number: int = 0
    choices: list[Choice] = field(default_factory=list)
    truth: bool | None = None
    expected: Expected | None = None
    explanation: str = ""
    topic: str = ""
    external_no: str = ""
    points_hundredths: int | None = None
    label: str = ""
    meta: Meta = field(default_factory=Meta)
    remarks: list[tuple[Severity, str, str]] = field(default_factory=list)

    def remark(self, severity: Severity, code: str, message: str) -> None:
        self.remarks.append((severity, code, message))


# "Yes" and "no" answer a question; shown as 正确 and 错误 they would no longer.
_JUDGEMENTS: Final = frozenset(
    {"true", "false", "t", "f", "正确", "错误", "对", "错", "√", "×", "✓", "✗", "真", "假"}
)


def judged(choices: Sequence[Choice]) -> bool | None:
    """True or false where two choices are the two words of judgement and one of them is right."""
    pair = truth_pair([choice.text.text for choice in choices])
    right = [index for index, choice in enumerate(choices) if choice.percent >= NEARLY_FULL]
    return pair[right[0]] if pair is not None and len(right) == 1 else None


def is_judgement(choices: Sequence[Choice]) -> bool:
    """True where the options are the two words of judgement."""
    return judgement_words([choice.text.text for choice in choices])


def judgement_words(texts: Sequence[str]) -> bool:
    """True for the two words of judgement."""
    return truth_pair(texts) is not None and {bare_answer(text) for text in texts} <= _JUDGEMENTS


def question_asked(asked: Asked, findings: Findings) -> Question:
    """The question as an item, or kept out with the reasons said in ``findings``."""
    failed = False
    for severity, code, message in asked.remarks:
        findings.add(severity, code, asked.where, message)
        failed = failed or severity == "error"
    item = _item(asked)
    if asked.kind is Kind.OTHER:
        label = asked.label or KIND_LABELS[asked.kind]
        findings.add("error", "not_deliverable_yet", asked.where, f"{label}不能用于考试，没有导入")
        return Question(asked.kind, None, asked.where, "", asked.number, item, written_of(item))
    for problem in check_item(item):
        if failed and problem.code in {"key_missing", "options_too_few", "gap_mark"}:
            continue
        findings.add(problem.severity, problem.code, asked.where, problem.message)
        failed = failed or problem.severity == "error"
    if failed:
        return Question(asked.kind, None, asked.where, "", asked.number, None, written_of(item), item)
    return Question(asked.kind, item, asked.where, "", asked.number, None, written_of(item))


def _item(asked: Asked) -> Item:
    options: tuple[Option, ...] = ()
    key: frozenset[str] = frozenset()
    if asked.kind is Kind.TRUE_FALSE:
        options = TRUE_FALSE_OPTIONS
        key = frozenset() if asked.truth is None else frozenset("t" if asked.truth else "f")
    elif asked.kind in WITH_OPTIONS:
        options, key = _options(asked)
    meta = asked.meta
    return Item(
        asked.kind,
        asked.stem.text,
        options,
        key,
        asked.points_hundredths if meta.points_hundredths is None else meta.points_hundredths,
        meta.difficulty,
        tidy_line(meta.topic or asked.topic)[-LINE_LIMIT:],
        tidy(asked.explanation),
        meta.source,
        meta.valid_until,
        meta.years,
        tidy_line(meta.external_no or asked.external_no)[:LINE_LIMIT],
        asked.stem.markup,
        None if asked.kind in WITH_OPTIONS else asked.expected,
    )


def _options(asked: Asked) -> tuple[tuple[Option, ...], frozenset[str]]:
    # A choice beyond the alphabet is not lost silently: check_item counts the options.
    ids = [*OPTION_LETTERS, *(f"a{n}" for n in range(max(0, len(asked.choices) - len(OPTION_LETTERS))))]
    stay = fixed_options([choice.text.text for choice in asked.choices])
    told = asked.meta.fixed
    options = tuple(
        Option(
            name,
            choice.text.text,
            (choice.fixed or fixed) if told is None else name in told,
            choice.text.markup,
        )
        for name, choice, fixed in zip(ids, asked.choices, stay, strict=False)
    )
    right = [
        name
        for name, choice in zip(ids, asked.choices, strict=False)
        if (choice.percent > 0 if asked.kind is Kind.MULTIPLE_CHOICE else choice.percent >= NEARLY_FULL)
    ]
    return options, frozenset(right)


def remark_on_weights(asked: Asked) -> None:
    """Says what a choice loses that gave parts of the score, or took some away."""
    percents = [choice.percent for choice in asked.choices]
    if asked.kind is Kind.SINGLE_CHOICE:
        odd = any(0 < percent < NEARLY_FULL for percent in percents)
        if sum(percent >= NEARLY_FULL for percent in percents) > 1:
            asked.remark(
                "error", "key_one_expected", "单选题有几个选项都得满分；若是多选请改题型，若都算对请只留一个"
            )
    else:
        positive = {round(percent, 1) for percent in percents if percent > 0}
        odd = len(positive) > 1
    if odd:
        asked.remark("info", "weights_dropped", "选项带有部分分值，只按答案读入，得分规则以考试设置为准")


def drop_down(choices: Sequence[Choice]) -> ChoiceExpected:
    """The choices as those of a gap."""
    right = tuple((index, round(choice.percent)) for index, choice in enumerate(choices) if choice.percent > 0)
    return ChoiceExpected(tuple(choice.text.text for choice in choices), right)


def essay(model: str = "") -> EssayExpected:
    return EssayExpected(tidy(model)[: STEM_LIMIT * 2])
