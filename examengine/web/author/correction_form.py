"""The form of a correction: what was typed, and the ruling it means."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from starlette.requests import Request

from examengine.banks.item import Item, Kind
from examengine.banks.responses import AcceptedText, NumberExpected, NumberRange, TextExpected
from examengine.grading.correction import MAX_KEYS, AnyOf, Dropped, FullMarks, NewKey, Ruling, fits
from examengine.web.answers import LETTERS
from examengine.web.author.correction_words import ACTIONS
from examengine.web.contexts.frame import FieldError
from examengine.web.http import field_of, form_of
from examengine.web.wording import gettext as _

MAX_REASON = 500
MAX_SOURCE = 300
MAX_TEXTS = 1_000
MAX_ACCEPTED = 20
MAX_TEXT = 100
_NUMBER_OF_A_PERSON = re.compile(r"(?<!\d)(\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")
_SPAN = re.compile(r"\s*[~～至]\s*")
_BETWEEN_GROUPS = re.compile(r"[\s,，、;；/]+")


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds. ``ticked``: option ids; ``groups``: letters of several keys; ``texts``: other answers."""

    action: str = "new_key"
    ticked: str = ""
    groups: str = ""
    texts: str = ""
    upwards: bool = False
    reason: str = ""
    source: str = ""
    nonce: str = ""


def typed_of(request: Request, item: Item) -> Typed:
    """The posted form, bounded."""
    ids = {option.id for option in item.options}
    ticked = "".join(sorted(ids.intersection(form_of(request).get("key", []))))
    action = field_of(request, "action", 20)
    return Typed(
        action if action in ACTIONS else "",
        ticked,
        field_of(request, "groups", 200),
        field_of(request, "texts", MAX_TEXTS),
        field_of(request, "upwards", 1) == "1",
        field_of(request, "reason", MAX_REASON + 1),
        field_of(request, "source", MAX_SOURCE + 1),
        field_of(request, "nonce", 32),
    )


def actions_for(item: Item) -> tuple[str, ...]:
    """What may be done about an item of its kind."""
    if item.options:
        return tuple(ACTIONS)
    if isinstance(item.expected, TextExpected | NumberExpected):
        return ("new_key", "full_marks", "dropped")
    return ("full_marks", "dropped")


def ruling_of(item: Item, typed: Typed) -> tuple[Ruling | None, tuple[FieldError, ...]]:
    """The ruling that was typed, or what is wrong; each error stands at its field."""
    errors: list[FieldError] = []
    ruling: Ruling | None = None
    if typed.action not in actions_for(item):
        errors.append(FieldError("action", _("请选择怎样更正")))
    else:
        ruling = _ruling(item, typed, errors)
    if not errors and ruling is not None and not fits(item, ruling):
        errors.append(FieldError("key", _("这样的答案不适合这道题：单选和判断选一个，多选选一个以上")))
    for name, text, most in (("reason", typed.reason, MAX_REASON), ("source", typed.source, MAX_SOURCE)):
        label = _("更正的理由") if name == "reason" else _("依据")
        if not text:
            errors.append(FieldError(name, _("请写{label}").format(label=label)))
        elif len(text) > most:
            errors.append(FieldError(name, _("{label}最多 {n} 个字").format(label=label, n=most)))
        elif _NUMBER_OF_A_PERSON.search(text):
            errors.append(FieldError(name, _("{label}里不要写证件号和手机号").format(label=label)))
    return (None if errors else ruling), tuple(errors)


def _ruling(item: Item, typed: Typed, errors: list[FieldError]) -> Ruling | None:
    match typed.action:
        case "full_marks":
            return FullMarks()
        case "dropped":
            return Dropped()
        case "any_of":
            return _any_of(item, typed, errors)
    if item.options:
        if not typed.ticked:
            errors.append(FieldError("key", _("请勾选正确的选项")))
        elif item.kind is not Kind.MULTIPLE_CHOICE and len(typed.ticked) > 1:
            told = _("“改答案”只能选一个；几个都算对，请选“多个答案均可”")
            errors.append(FieldError("key", told))
        return NewKey(typed.ticked)
    return _written(item, typed, errors)


def _any_of(item: Item, typed: Typed, errors: list[FieldError]) -> Ruling | None:
    if item.kind is not Kind.MULTIPLE_CHOICE:
        if len(typed.ticked) < 2:
            errors.append(FieldError("key", _("请勾选两个以上的选项，每一个都算对")))
        return AnyOf(tuple(typed.ticked)[:MAX_KEYS])
    ids = {LETTERS[place % len(LETTERS)]: option.id for place, option in enumerate(item.options)}
    keys: list[str] = []
    for group in _BETWEEN_GROUPS.split(typed.groups.upper()):
        unknown = [letter for letter in group if letter not in ids]
        if unknown:
            told = _("“{group}”里有这道题没有的选项 {letter}")
            errors.append(FieldError("groups", told.format(group=group[:20], letter=unknown[0])))
            return None
        if group:
            keys.append("".join(sorted({ids[letter] for letter in group})))
    distinct = tuple(dict.fromkeys(keys))
    if not 2 <= len(distinct) <= MAX_KEYS:
        told = _("请写两组到 {n} 组答案，每组是一个完整的答案，例如：AC、ACD").format(n=MAX_KEYS)
        errors.append(FieldError("groups", told))
    return AnyOf(distinct)


def _written(item: Item, typed: Typed, errors: list[FieldError]) -> Ruling | None:
    lines = [line.strip() for line in typed.texts.splitlines() if line.strip()]
    if not lines or len(lines) > MAX_ACCEPTED or any(len(line) > MAX_TEXT for line in lines):
        told = _("请写 1 到 {n} 个答案，每行一个，每个最多 {m} 字").format(n=MAX_ACCEPTED, m=MAX_TEXT)
        errors.append(FieldError("texts", told))
        return None
    if isinstance(item.expected, TextExpected):
        accepted = tuple(AcceptedText(line) for line in lines)
        return NewKey(expected=TextExpected(accepted, item.expected.case_counts, item.expected.wildcards))
    ranges = []
    for line in lines:
        span = _range_of(line)
        if span is None:
            told = _("“{line}”不是数，也不是范围；请写 3.14 或 3.1～3.2").format(line=line[:30])
            errors.append(FieldError("texts", told))
            return None
        ranges.append(span)
    unit = item.expected.unit if isinstance(item.expected, NumberExpected) else ""
    return NewKey(expected=NumberExpected(tuple(ranges), unit))


def _range_of(line: str) -> NumberRange | None:
    ends = _SPAN.split(line)
    try:
        values = [Decimal(end) for end in ends]
    except InvalidOperation:
        return None
    if not 1 <= len(values) <= 2 or not all(value.is_finite() for value in values) or values[0] > values[-1]:
        return None
    return NumberRange(str(values[0]), str(values[-1]))


def texts_of(item: Item) -> str:
    """What counts now, as the field takes it."""
    match item.expected:
        case TextExpected(accepted=accepted):
            return "\n".join(one.text for one in accepted)
        case NumberExpected(ranges=ranges):
            return "\n".join(one.low if one.low == one.high else f"{one.low}～{one.high}" for one in ranges)
        case _:
            return ""
