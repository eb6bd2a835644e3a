"""Numbers in keys: decimal digits kept as written, tolerances worked out without floats."""

import re
from decimal import Decimal, InvalidOperation, localcontext

from examengine.banks.responses import NumberRange
from examengine.banks.wording import half_width

_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?")


def decimal_of(text: str) -> str | None:
    """A number in plain digits ("1.5e3" → "1500"); None for what is no number."""
    written = half_width(text).strip().replace("−", "-").replace(" ", "")
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", written):
        written = written.replace(",", "")
    elif re.fullmatch(r"[+-]?\d{1,20},\d{1,20}", written):
        written = written.replace(",", ".")
    if not _NUMBER.fullmatch(written):
        return None
    try:
        return _digits(Decimal(written))
    except InvalidOperation:
        return None


def span(value: str, tolerance: str, weight: int) -> NumberRange | None:
    """The range around a value; None where either is no number or the tolerance is negative."""
    middle, width = decimal_of(value), decimal_of(tolerance)
    if middle is None or width is None:
        return None
    with localcontext() as context:
        context.prec = 120
        low, high = Decimal(middle) - abs(Decimal(width)), Decimal(middle) + abs(Decimal(width))
    return NumberRange(_digits(low), _digits(high), weight)


def number_range(written: str, weight: int) -> NumberRange | None:
    """ "3", "3:0.1" and "2.9..3.1" as a range; None for anything else."""
    low, dots, high = written.partition("..")
    if dots:
        first, last = decimal_of(low), decimal_of(high)
        if first is None or last is None:
            return None
        return NumberRange(min(first, last, key=Decimal), max(first, last, key=Decimal), weight)
    value, _, tolerance = written.partition(":")
    return span(value, tolerance or "0", weight)


def _digits(number: Decimal) -> str:
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
