"""LaTeX in a text: found between its marks, and turned into MathML that holds nothing but the small vocabulary."""

import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from typing import Final

from examengine.banks.markup.math import MATH_ATTRIBUTES, MATH_TAGS, linear

LATEX_LIMIT: Final = 2_000
BRACES_LIMIT: Final = 40

# A lone dollar also stands before prices: what it encloses must touch both dollars and look like a formula.
_FORMULA = re.compile(
    rf"\\\((?P<inline>.{{1,{LATEX_LIMIT}}}?)\\\)|\\\[(?P<block>.{{1,{LATEX_LIMIT}}}?)\\\]"
    rf"|\$\$(?P<dollars>.{{1,{LATEX_LIMIT}}}?)\$\$|\[tex\](?P<tex>.{{1,{LATEX_LIMIT}}}?)\[/tex\]"
    r"|(?<![\\$\w])\$(?P<dollar>[^\s$](?:[^$\n]{0,300}[^\s$\\])?)\$(?![\w$])",
    re.DOTALL | re.IGNORECASE,
)
_BETWEEN_DOLLARS = re.compile(r"[A-Za-z]|(?=[^\u3000-\u9fff]*[\\^_={])(?!\d+[.,]?\d*$)[^\u3000-\u9fff]+")
_PERCENT = re.compile(r"(?<!\\)%")
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_PAIRS: Final = (("begin", "end"), ("left", "right"))


class Formula(str):
    """LaTeX without the marks around it. ``is_block``: it stands on a line of its own."""

    __slots__ = ("is_block", "source")
    is_block: bool
    source: str

    @classmethod
    def of(cls, latex: str, source: str, *, is_block: bool) -> "Formula":
        """``source`` is the same with its marks, as the author wrote it."""
        formula = cls(latex.strip())
        formula.source, formula.is_block = source, is_block
        return formula


def split(text: str) -> Iterator[str]:
    """The text in order, its formulas as :class:`Formula`."""
    if "\\" not in text and "$" not in text and "[" not in text:
        yield text
        return
    at = 0
    for match in _FORMULA.finditer(text):
        kind = str(match.lastgroup)
        latex = match[kind]
        if not latex.strip() or (kind == "dollar" and not _BETWEEN_DOLLARS.fullmatch(latex)):
            continue
        if match.start() > at:
            yield text[at : match.start()]
        yield Formula.of(latex, match[0], is_block=kind in {"block", "dollars"})
        at = match.end()
    if at < len(text):
        yield text[at:]


@lru_cache(maxsize=2_000)
def mathml_of(latex: str, *, is_block: bool = False) -> str:
    """``<math>`` for LaTeX, "" where it cannot be read in full: a formula half shown would be another question."""
    if len(latex) > LATEX_LIMIT or not _is_whole(latex):
        return ""
    from latex2mathml.converter import convert  # when there is a formula: most banks hold none

    try:
        found = convert(_PERCENT.sub(r"\\%", latex), display="block" if is_block else "inline")
    except Exception:
        # The library has a dozen exceptions of its own and lets others through; all of them say the same to us.
        return ""
    clean = safe_math(found)
    return "" if "\\" in clean else clean


def unreadable_in(text: str) -> list[str]:
    """The formulas of a text that would be shown as their source."""
    parts = (part for part in split(text) if isinstance(part, Formula))
    return [part.source for part in parts if not mathml_of(part, is_block=part.is_block)]


def safe_math(source: str) -> str:
    """MathML with nothing in it but the small vocabulary."""
    import nh3  # when there is a formula

    return nh3.clean(
        source,
        tags=set(MATH_TAGS),
        clean_content_tags={"annotation", "annotation-xml", "script", "style"},
        attributes={tag: set(names) for tag, names in MATH_ATTRIBUTES.items()},
        url_schemes=set(),
        link_rel=None,
    )


def _is_whole(latex: str) -> bool:
    """Braces and pairs of commands close; the library would read on regardless."""
    depth = 0
    for sign in latex.replace("\\\\", "").replace("\\{", "").replace("\\}", ""):
        depth += (sign == "{") - (sign == "}")
        if not 0 <= depth <= BRACES_LIMIT:
            return False
    commands = _COMMAND.findall(latex)
    return depth == 0 and all(commands.count(opens) == commands.count(closes) for opens, closes in _PAIRS)


class _Told(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.events.append(("start", tag))

    def handle_endtag(self, tag: str) -> None:
        self.events.append(("end", tag))

    def handle_data(self, data: str) -> None:
        self.events.append(("text", data))


def told(mathml: str) -> str:
    """MathML in one line of plain text, for those who hear it and for browsers that cannot draw it."""
    reader = _Told()
    reader.feed(mathml)
    reader.close()
    return linear(reader.events)
