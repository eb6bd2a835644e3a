"""Word's formulas (OMML) as LaTeX."""

from collections.abc import Iterator
from typing import Final

from lxml import etree

from examengine.banks.files.xml import attribute, child, children, descendants, name_of, text_of

_BARE: Final = {"e", "num", "den", "sub", "sup", "deg", "fName", "oMath", "oMathPara", "box", "borderBox", "phant"}
_OPERATORS: Final = {"∑": "\\sum", "∏": "\\prod", "∫": "\\int", "∬": "\\iint", "∮": "\\oint", "⋃": "\\bigcup"}


def latex(element: etree._Element) -> str:
    """A formula in LaTeX, without the marks around it."""
    return "".join(_pieces(element)).strip()


def _pieces(element: etree._Element) -> Iterator[str]:
    for found in children(element):
        yield _one(found)


def _one(found: etree._Element) -> str:
    name = name_of(found)
    match name:
        case "r":
            return "".join(text_of(part) for part in descendants(found, "t"))
        case "f":
            return f"\\frac{{{_in(found, 'num')}}}{{{_in(found, 'den')}}}"
        case "sSup":
            return f"{_in(found, 'e')}^{{{_in(found, 'sup')}}}"
        case "sSub":
            return f"{_in(found, 'e')}_{{{_in(found, 'sub')}}}"
        case "sSubSup":
            return f"{_in(found, 'e')}_{{{_in(found, 'sub')}}}^{{{_in(found, 'sup')}}}"
        case "rad":
            degree = _in(found, "deg")
            return f"\\sqrt[{degree}]{{{_in(found, 'e')}}}" if degree else f"\\sqrt{{{_in(found, 'e')}}}"
        case "nary":
            sign = next((attribute(part, "val") for part in descendants(found, "chr")), "∫")
            below, above = _in(found, "sub"), _in(found, "sup")
            limits = (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")
            return f"{_OPERATORS.get(sign, sign)}{limits} {_in(found, 'e')}"
        case "d":
            opened = next((attribute(part, "val") for part in descendants(found, "begChr")), "(")
            closed = next((attribute(part, "val") for part in descendants(found, "endChr")), ")")
            return f"{opened}{', '.join(latex(part) for part in children(found, 'e'))}{closed}"
        case "func":
            return f"{_in(found, 'fName')} {_in(found, 'e')}"
        case "m":
            rows = (" & ".join(latex(cell) for cell in children(row, "e")) for row in children(found, "mr"))
            return "\\begin{matrix}" + " \\\\ ".join(rows) + "\\end{matrix}"
        case _ if name.endswith("Pr"):
            return ""
        case _ if name in _BARE or len(found):
            return latex(found)
        case _:
            return ""


def _in(element: etree._Element, name: str) -> str:
    part = child(element, name)
    return "" if part is None else latex(part)
