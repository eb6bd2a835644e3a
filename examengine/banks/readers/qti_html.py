"""The content of QTI elements as HTML text: XHTML and MathML within, pictures as ``img``, what is hidden left out."""

import html
from collections.abc import Callable, Collection
from typing import Final

from lxml import etree

from examengine.banks.files.xml import attribute, name_of
from examengine.banks.markup.math import MATH_ATTRIBUTES

_VOID: Final = frozenset({"br", "hr", "img"})
_OBJECTS: Final = frozenset({"object", "img", "matimage", "picture"})
_KEPT_ATTRIBUTES: Final = frozenset(
    {"src", "alt", "width", "height", "colspan", "rowspan", "display", "start"}.union(*MATH_ATTRIBUTES.values())
)
PLAIN: Final = "plain-text"
MARKUP: Final = "bank-markup"
"""The classes by which our writer marks an element whose text, or whose markup, is meant as it stands."""

Replace = Callable[[etree._Element], str | None]
"""HTML to stand for an element, None to go on into it."""


def plain_name(element: etree._Element) -> str:
    """The name in one form for all versions: qti-choice-interaction and choiceInteraction → choiceinteraction."""
    return name_of(element).removeprefix("qti-").replace("-", "").lower()


def inner_html(element: etree._Element, replace: Replace) -> str:
    """The content of an element as HTML, element for element in order; ``replace`` may stand in for any."""
    parts = [html.escape(element.text or "", quote=False)]
    for child in element:
        if isinstance(child.tag, str):
            parts.append(_outer(child, replace))
        parts.append(html.escape(child.tail or "", quote=False))
    return "".join(parts)


def plain_text(element: etree._Element, replace: Replace) -> str:
    """The text of an element, ``br`` as line ends; ``replace`` may stand in for elements, with text."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            standing_in = replace(child)
            if standing_in is not None:
                parts.append(standing_in)
            else:
                parts.append("\n" if name_of(child) == "br" else plain_text(child, replace))
        parts.append(child.tail or "")
    return "".join(parts)


def marked(element: etree._Element, name: str) -> etree._Element | None:
    """The first child of an element where it has this class of ours."""
    first = next((found for found in element if isinstance(found.tag, str)), None)
    return first if first is not None and attribute(first, "class") == name else None


def _outer(element: etree._Element, replace: Replace) -> str:
    standing_in = replace(element)
    if standing_in is not None:
        return standing_in
    name = name_of(element).lower()
    if name in _OBJECTS:
        return picture(element)
    inside = inner_html(element, replace)
    if name_of(element).startswith("qti-") or not name.isalnum():
        return inside
    if name in _VOID:
        return f"<{name}>"
    written = "".join(
        f' {key!s}="{html.escape(str(value))}"'
        for key, value in element.attrib.items()
        if str(key).lower() in _KEPT_ATTRIBUTES
    )
    return f"<{name}{written}>{inside}</{name}>"


def picture(element: etree._Element) -> str:
    """An ``img`` for whatever shows a picture."""
    source = attribute(element, "src", "data", "uri", "href")
    shown = attribute(element, "alt") or " ".join("".join(str(part) for part in element.itertext()).split())
    sizes = "".join(
        f' {side}="{value}"' for side in ("width", "height") if (value := attribute(element, side)).isdigit()
    )
    return f'<img src="{html.escape(source)}" alt="{html.escape(shown)}"{sizes}>'


def leave_out(names: Collection[str]) -> Replace:
    """Leaves out elements of these plain names."""
    return lambda element: "" if plain_name(element) in names else None
