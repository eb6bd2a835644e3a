"""Formulas: MathML kept as it is and read out in one line; LaTeX stays text between its marks."""

from typing import Final

MATH_TAGS: Final = frozenset(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts"
    " mprescripts none mfenced menclose mtable mtr mtd mstyle mpadded mphantom merror semantics".split()
)
MATH_ATTRIBUTES: Final = {
    "math": {"display"},
    "mfenced": {"open", "close", "separators"},
    "mo": {"stretchy", "fence", "form", "accent", "movablelimits", "minsize", "maxsize"},
    "mi": {"mathvariant"},
    "mn": {"mathvariant"},
    "mtext": {"mathvariant"},
    "mspace": {"width"},
    "mfrac": {"linethickness"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mtable": {"columnalign"},
    "mtd": {"columnalign"},
}
DEPTH_LIMIT: Final = 60

_Node = tuple[str, list[str]]


def linear(events: list[tuple[str, str]]) -> str:
    """A formula in one line of plain text, as in "(a+b)/2": ``events`` are ("start"|"end"|"text", what)."""
    stack: list[_Node] = [("", [])]
    for what, value in events:
        if what == "text":
            if value.strip():
                stack[-1][1].append(" ".join(value.split()))
        elif what == "start":
            # Deeper than any formula: the rest is read flat.
            stack.append((value if len(stack) < DEPTH_LIMIT else "mrow", []))
        elif len(stack) > 1:
            tag, parts = stack.pop()
            stack[-1][1].append(_read(tag, parts))
    while len(stack) > 1:
        tag, parts = stack.pop()
        stack[-1][1].append(_read(tag, parts))
    return "".join(stack[0][1])


def _read(tag: str, parts: list[str]) -> str:
    match tag, parts:
        case "mfrac", [above, below]:
            return f"{_grouped(above)}/{_grouped(below)}"
        case "msup" | "mover", [under, power]:
            return f"{_grouped(under)}^{_grouped(power)}"
        case "msub" | "munder", [under, index]:
            return f"{_grouped(under)}_{_grouped(index)}"
        case "msubsup" | "munderover", [under, index, power]:
            return f"{_grouped(under)}_{_grouped(index)}^{_grouped(power)}"
        case "msqrt", _:
            return f"√{_grouped(''.join(parts))}"
        case "mroot", [under, index]:
            return f"{_grouped(index)}√{_grouped(under)}"
        case "mfenced", _:
            return f"({', '.join(parts)})"
        case "mtr", _:
            return ", ".join(parts)
        case "mtable", _:
            return f"[{'; '.join(parts)}]"
        case _:
            return "".join(parts)


def _grouped(text: str) -> str:
    return text if len(text) <= 1 or text.isalnum() else f"({text})"
