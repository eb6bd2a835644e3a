"""Word's automatic numbers written out: "1.", "一、", "A." as the page shows them."""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from examengine.banks.files.xml import attribute, child, children, descendants

LEVELS: Final = 9

_CHINESE: Final = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class _Level:
    form: str
    text: str
    start: int


class Numbering:
    """Counts paragraphs of lists in document order: ask for each paragraph's label once, in order."""

    def __init__(self, numbering: etree._Element | None, styles: etree._Element | None) -> None:
        self._lists: dict[str, str] = {}
        self._levels: dict[tuple[str, int], _Level] = {}
        self._counts: dict[tuple[str, int], int] = {}
        self._styles: dict[str, tuple[str, int]] = {}
        if numbering is not None:
            for found in children(numbering, "abstractNum"):
                for level in children(found, "lvl"):
                    self._levels[attribute(found, "abstractNumId"), _number(attribute(level, "ilvl"), 0)] = _level(
                        level
                    )
            for found in children(numbering, "num"):
                self._lists[attribute(found, "numId")] = _value(child(found, "abstractNumId"))
        if styles is not None:
            for style in children(styles, "style"):
                numbered = next(descendants(style, "numPr"), None)
                if numbered is not None:
                    self._styles[attribute(style, "styleId")] = _place(numbered)

    def label(self, properties: etree._Element | None) -> str:
        """The label of a paragraph with these properties, with a blank behind it; "" for one without."""
        numbered = child(properties, "numPr")
        if numbered is not None:
            number, level = _place(numbered)
        else:
            number, level = self._styles.get(_value(child(properties, "pStyle")), ("", 0))
        abstract = self._lists.get(number)
        here = self._levels.get((abstract or "", level))
        if abstract is None or here is None or here.form in {"bullet", "none"}:
            return ""
        # A list begun again by another w:num counts on its own; deeper levels begin again below a shallower one.
        count = self._counts.get((number, level), here.start - 1) + 1
        self._counts[number, level] = count
        for deeper in range(level + 1, LEVELS):
            self._counts.pop((number, deeper), None)

        def shown(match: re.Match[str]) -> str:
            other = int(match[1]) - 1
            of = self._levels.get((abstract, other), here)
            return _written(of.form, self._counts.get((number, other), of.start))

        text = re.sub(r"%([1-9])", shown, here.text)
        return f"{text} " if text.strip() else ""


def _place(numbered: etree._Element) -> tuple[str, int]:
    return _value(child(numbered, "numId")), _number(_value(child(numbered, "ilvl")), 0)


def _level(level: etree._Element) -> _Level:
    return _Level(
        _value(child(level, "numFmt")),
        _value(child(level, "lvlText"))[:40],
        _number(_value(child(level, "start")), 1),
    )


def _value(element: etree._Element | None) -> str:
    return "" if element is None else attribute(element, "val")


def _number(text: str, default: int) -> int:
    return int(text) if text.isdigit() and len(text) < 6 else default


def _written(form: str, number: int) -> str:
    match form:
        case "upperLetter" | "lowerLetter":
            letters = chr(ord("A") + (number - 1) % 26) * ((number - 1) // 26 + 1)
            return letters if form == "upperLetter" else letters.lower()
        case "upperRoman" | "lowerRoman":
            return _roman(number) if form == "upperRoman" else _roman(number).lower()
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese":
            return chr(0x2460 + number - 1) if 1 <= number <= 20 else str(number)
        case _ if "hinese" in form or form in {"ideographDigital", "japaneseCounting", "taiwaneseCounting"}:
            return _chinese(number)
        case _:
            return str(number)


def _chinese(number: int) -> str:
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_CHINESE[tens]}十"
    return head + (_CHINESE[ones] if ones else "")


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    written = ""
    for value, letters in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        count, number = divmod(number, value)
        written += letters * count
    return written
