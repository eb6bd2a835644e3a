"""The editor's fields: from an item, from a posted form, and back to an item."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

from examengine.banks.assess import digest_of_kept
from examengine.banks.item import OPTION_LETTERS, TRUE_FALSE_OPTIONS, WITH_OPTIONS, Item, Kind, Option
from examengine.banks.markup import Rich, plain_rich, rich_of, safe
from examengine.banks.markup.show import SETTLED
from examengine.banks.responses import (
    EssayExpected,
    Expected,
    GapsExpected,
    NumberExpected,
    PairsExpected,
    TextExpected,
)
from examengine.banks.wording import half_width, tidy, tidy_line
from examengine.web.author.expected_fields import (
    GapFields,
    UnreadableError,
    gap_written,
    gaps_of,
    numbers_of,
    numbers_written,
    pairs_of,
    texts_of,
    texts_written,
)

Form = Mapping[str, list[str]]
Row = TypeVar("Row")

OPTIONS_AT_FIRST: Final = 4
ROWS_AT_FIRST: Final = 3
MOST_ROWS: Final = 60
TEXT_LIMIT: Final = 400_000
KINDS: Final = tuple(kind for kind in Kind if kind is not Kind.OTHER)
_ADDRESS = re.compile(r"^(?:https?://[^/\s]{1,200})?/media/([0-9a-f]{64}\.[a-z]{3,4})$")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class RichField:
    """A text as its field holds it: plain, or HTML of our vocabulary where ``is_html``."""

    source: str = ""
    is_html: bool = False

    @classmethod
    def of(cls, text: str, markup: str) -> "RichField":
        return cls(safe(markup).replace('src="media:', 'src="/media/'), True) if markup else cls(text)

    @classmethod
    def posted(cls, source: str, mode: str) -> "RichField":
        """HTML is cleaned before it is looked at again, also when it goes back into the form."""
        source = source.replace("\r\n", "\n")[:TEXT_LIMIT]
        if mode != "html":
            return cls(source)
        rich = rich_of(source, address_to_name)
        return cls.of(rich.text, rich.markup)

    def rich(self) -> Rich:
        return rich_of(self.source, address_to_name) if self.is_html else plain_rich(self.source)


@dataclass(frozen=True, slots=True)
class OptionFields:
    """A row of the options. ``id`` is the letter that names it for good."""

    id: str
    text: RichField = RichField()
    key: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class ItemFields:
    """What stands in the form, as it was typed. ``base`` is the version it was made from, 0 for a new item."""

    kind: Kind = Kind.SINGLE_CHOICE
    stem: RichField = RichField()
    options: tuple[OptionFields, ...] = ()
    truth: str = ""
    answers: str = ""
    case_counts: bool = False
    wildcards: bool = False
    unit: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    spare: str = ""
    gaps: tuple[GapFields, ...] = ()
    model: str = ""
    explanation: str = ""
    points: str = ""
    difficulty: str = ""
    topic: str = ""
    source: str = ""
    valid_until: str = ""
    years: str = ""
    external_no: str = ""
    note: str = ""
    base: int = 0

    @property
    def is_blank(self) -> bool:
        """Whether nothing of the question has been written yet: what is missing is no mistake then."""
        return not (
            self.stem.source.strip()
            or any(option.text.source.strip() or option.key for option in self.options)
            or self.truth
            or self.answers.strip()
            or any(left.strip() or right.strip() for left, right in self.pairs)
            or self.spare.strip()
            or any(gap.answers.strip() for gap in self.gaps)
            or self.model.strip()
            or self.explanation.strip()
        )


def address_to_name(source: str) -> str:
    """The name of a kept picture by the address (or the reference) under which an editor shows it."""
    source = source.strip()
    match = _ADDRESS.match(source)
    if match is not None:
        return match[1]
    return source.removeprefix("media:") if SETTLED.fullmatch(source) else ""


def new_fields(letters: Iterable[str], kind: Kind = Kind.SINGLE_CHOICE) -> ItemFields:
    """An empty form; options get their letters in an order that tells nothing of where the key will be."""
    return with_rows(ItemFields(kind=kind), letters)


def with_rows(fields: ItemFields, letters: Iterable[str]) -> ItemFields:
    """The same with enough empty rows for its kind."""
    match fields.kind:
        case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE if not fields.options:
            ids = list(letters)[:OPTIONS_AT_FIRST]
            return replace(fields, options=tuple(OptionFields(letter) for letter in ids))
        case Kind.MATCHING if not fields.pairs:
            return replace(fields, pairs=(("", ""),) * ROWS_AT_FIRST)
        case Kind.CLOZE if not fields.gaps:
            return replace(fields, gaps=(GapFields("{1}"),))
        case _:
            return fields


def fields_of(item: Item, external_no: str, base: int) -> ItemFields:
    """An item as the form shows it."""
    fields = ItemFields(
        kind=item.kind,
        stem=RichField.of(item.stem, item.markup),
        explanation=item.explanation,
        points="" if item.points_hundredths is None else f"{Decimal(item.points_hundredths) / 100:f}",
        difficulty=item.difficulty,
        topic=item.topic,
        source=item.source,
        valid_until="" if item.valid_until is None else item.valid_until.isoformat(),
        years="、".join(str(year) for year in item.years),
        external_no=external_no,
        base=base,
    )
    if item.kind is Kind.TRUE_FALSE:
        return replace(fields, truth="".join(sorted(item.key)))
    options = tuple(
        OptionFields(option.id, RichField.of(option.text, option.markup), option.id in item.key, option.fixed)
        for option in item.options
    )
    match item.expected:
        case TextExpected() as texts:
            return replace(
                fields, answers=texts_written(texts), case_counts=texts.case_counts, wildcards=texts.wildcards
            )
        case NumberExpected() as numbers:
            return replace(fields, answers=numbers_written(numbers), unit=numbers.unit)
        case PairsExpected() as pairs:
            rows = tuple((pair.left, pair.right) for pair in pairs.pairs)
            return replace(fields, pairs=rows, spare="\n".join(pairs.distractors))
        case GapsExpected() as gaps:
            return replace(fields, gaps=tuple(gap_written(gap) for gap in gaps.gaps))
        case EssayExpected() as essay:
            return replace(fields, model=essay.model)
        case _:
            return replace(fields, options=options)


def posted_fields(form: Form) -> ItemFields:
    """The form as it came; what it cannot mean is left out."""

    def one(name: str, limit: int = 1_000) -> str:
        return form.get(name, [""])[0][:limit].replace("\r\n", "\n")

    def many(name: str) -> list[str]:
        return [text.replace("\r\n", "\n") for text in form.get(name, [])[:MOST_ROWS]]

    kind = one("kind")
    key, fixed = set(form.get("key", ())), set(form.get("fixed", ()))
    base = one("base", 18)
    return ItemFields(
        kind=Kind(kind) if kind in KINDS else Kind.SINGLE_CHOICE,
        stem=RichField.posted(one("stem", TEXT_LIMIT), one("stem_mode")),
        options=tuple(
            OptionFields(letter, RichField.posted(text, mode), letter in key, letter in fixed)
            for letter, text, mode in zip(many("option_id"), many("option_text"), many("option_mode"), strict=False)
            if len(letter) == 1 and letter in OPTION_LETTERS
        ),
        truth=one("truth", 1),
        answers=one("answers", TEXT_LIMIT),
        case_counts=one("case_counts") == "1",
        wildcards=one("wildcards") == "1",
        unit=one("unit", 40),
        pairs=tuple(zip(many("pair_left"), many("pair_right"), strict=False)),
        spare=one("spare", TEXT_LIMIT),
        gaps=tuple(
            GapFields(mark[:20], kind, answers, share[:20])
            for mark, kind, answers, share in zip(
                many("gap_mark"), many("gap_kind"), many("gap_answers"), many("gap_share"), strict=False
            )
        ),
        model=one("model", TEXT_LIMIT),
        explanation=one("explanation", TEXT_LIMIT),
        points=one("points", 20),
        difficulty=one("difficulty", 4),
        topic=one("topic"),
        source=one("source"),
        valid_until=one("valid_until", 40),
        years=one("years", 400),
        external_no=one("external_no"),
        note=one("note"),
        base=int(base) if base.isascii() and base.isdecimal() else 0,
    )


@dataclass(frozen=True, slots=True)
class Meant:
    """What the fields mean, and what in them means nothing: (part of the item, message)."""

    item: Item
    wrong: tuple[tuple[str, str], ...]


def item_of(fields: ItemFields) -> Meant:
    """The item that the form describes; rows left empty at the end are no options."""
    wrong: list[tuple[str, str]] = []
    points, years, valid_until = _points(fields, wrong), _years(fields, wrong), _day(fields, wrong)
    stem = fields.stem.rich()
    options, key = _options(fields)
    item = Item(
        kind=fields.kind,
        stem=stem.text,
        markup=stem.markup,
        options=options,
        key=key,
        expected=_expected(fields, wrong),
        points_hundredths=points,
        difficulty=fields.difficulty,
        topic=tidy_line(fields.topic),
        explanation=tidy(fields.explanation),
        source=tidy_line(fields.source),
        valid_until=valid_until,
        years=years,
        external_no=tidy_line(fields.external_no),
    )
    return Meant(item, tuple(wrong))


def digest_of(item: Item) -> str:
    """Names the author's text, whatever letters its options have: as an import names what it read."""
    return digest_of_kept(item)


def _options(fields: ItemFields) -> tuple[tuple[Option, ...], frozenset[str]]:
    if fields.kind is Kind.TRUE_FALSE:
        return TRUE_FALSE_OPTIONS, frozenset({fields.truth} & {"t", "f"})
    if fields.kind not in WITH_OPTIONS:
        return (), frozenset()
    rows = [(row, row.text.rich()) for row in fields.options]
    while rows and not rows[-1][1] and not rows[-1][0].key:
        rows.pop()
    options = tuple(Option(row.id, rich.text, row.fixed, rich.markup) for row, rich in rows)
    return options, frozenset(row.id for row, _rich in rows if row.key)


def _expected(fields: ItemFields, wrong: list[tuple[str, str]]) -> Expected | None:
    try:
        match fields.kind:
            case Kind.SHORT_ANSWER:
                return texts_of(fields.answers, case_counts=fields.case_counts, wildcards=fields.wildcards)
            case Kind.NUMERIC:
                return numbers_of(fields.answers, fields.unit)
            case Kind.MATCHING:
                return pairs_of(fields.pairs, fields.spare)
            case Kind.CLOZE:
                return gaps_of(fields.gaps)
            case Kind.ESSAY:
                return EssayExpected(tidy(fields.model))
            case _:
                return None
    except UnreadableError as error:
        wrong.append(("key", str(error)))
        return None


def _points(fields: ItemFields, wrong: list[tuple[str, str]]) -> int | None:
    text = half_width(fields.points).strip()
    if not text:
        return None
    try:
        hundredths = Decimal(text) * 100
    except InvalidOperation:
        hundredths = Decimal("0.1")
    if not hundredths.is_finite() or hundredths != int(hundredths) or abs(hundredths) > 10_000_000:
        wrong.append(("points", "分值写一个数，最多两位小数，例如 2 或 1.5；不写就按组卷方案"))
        return None
    return int(hundredths)


def _years(fields: ItemFields, wrong: list[tuple[str, str]]) -> tuple[int, ...]:
    text = half_width(fields.years)
    years = tuple(sorted({int(found) for found in _YEAR.findall(text)}))
    if _YEAR.sub("", text).strip(" ,，、;；年\n") or any(not 1990 <= year <= 2100 for year in years):
        wrong.append(("years", "适用年度写四位数的年份，用顿号隔开，例如 2026、2027；不写就是每年都适用"))
        return ()
    return years


def _day(fields: ItemFields, wrong: list[tuple[str, str]]) -> date | None:
    text = half_width(fields.valid_until).strip().replace("/", "-").replace(".", "-")
    if not text:
        return None
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return date(year, month, day)
    except (ValueError, OverflowError):
        wrong.append(("valid_until", "有效期写年-月-日，例如 2027-12-31；不写就是一直有效"))
        return None


def acted(fields: ItemFields, act: str, letters: Sequence[str]) -> ItemFields:
    """The form after one of its own buttons, for browsers that do not do it themselves: up-N, down-N, drop-N, add."""
    word, _dash, number = act.partition("-")
    index = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else -1
    match fields.kind:
        case Kind.MATCHING:
            return replace(fields, pairs=_moved(fields.pairs, word, index, ("", "")))
        case Kind.CLOZE:
            taken = {gap.mark for gap in fields.gaps}
            mark = next(mark for n in range(1, MOST_ROWS + 2) if (mark := f"{{{n}}}") not in taken)
            return replace(fields, gaps=_moved(fields.gaps, word, index, GapFields(mark)))
        case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE:
            taken = {option.id for option in fields.options}
            letter = next((letter for letter in letters if letter not in taken), "")
            rows = _moved(fields.options, word, index, OptionFields(letter) if letter else None)
            return replace(fields, options=rows)
        case _:
            return fields


def _moved(rows: tuple[Row, ...], word: str, index: int, fresh: Row | None) -> tuple[Row, ...]:
    listed = list(rows)
    if word == "add":
        if fresh is not None and len(listed) < MOST_ROWS:
            listed.append(fresh)
    elif 0 <= index < len(listed):
        row = listed.pop(index)
        if word == "up":
            listed.insert(max(0, index - 1), row)
        elif word == "down":
            listed.insert(index + 1, row)
        elif word != "drop":
            listed.insert(index, row)
    return tuple(listed)
