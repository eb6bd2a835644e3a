"""What a clipboard brings from Word, WPS or a browser, as HTML that the cleaner can read.

Emphasis stands there in styles and formulas in comments, and the cleaner drops both.
"""

import html
import re
from typing import Final

from lxml import etree
from lxml import html as lxml_html

from examengine.banks.files.docx_math import latex

PASTE_LIMIT: Final = 1_500_000
DEPTH_LIMIT: Final = 150

_FRAGMENT = re.compile(r"<!--\s*StartFragment\s*-->(.*)<!--\s*EndFragment\s*-->", re.DOTALL | re.IGNORECASE)
_MATH = re.compile(r"<!--\[if gte msEquation[^\]]{0,20}\]>(.*?)<!\[endif\]-->", re.DOTALL)
_DRAWN_MATH = re.compile(r"<!\[if !msEquation\]>.*?<!\[endif\]>", re.DOTALL)
_ELEMENT = re.compile(r"<(m:oMath)\b.*?</m:oMath>", re.DOTALL)
_NAMESPACES: Final = 'xmlns:m="urn:m" xmlns:w="urn:w" xmlns:o="urn:o"'
_STYLES: Final = (
    (re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)"), "b"),
    (re.compile(r"text-decoration[a-z-]*\s*:[^;]*underline"), "u"),
    (re.compile(r"vertical-align\s*:\s*super"), "sup"),
    (re.compile(r"vertical-align\s*:\s*sub"), "sub"),
    (re.compile(r"(?:-mso-)?text-emphasis|text-emphasis"), "u"),
)


def from_clipboard(source: str) -> str:
    """The fragment that was copied, its emphasis as tags and its formulas as LaTeX. At most ``PASTE_LIMIT``
    characters are looked at.
    """
    source = source[:PASTE_LIMIT]
    fragment = _FRAGMENT.search(source)
    source = fragment[1] if fragment else source
    source = _MATH.sub(lambda match: html.escape(_formulas(match[1])), source)
    source = _DRAWN_MATH.sub("", source)
    return _with_emphasis(source)


def _formulas(office: str) -> str:
    return "".join(f"\\({found}\\)" for match in _ELEMENT.finditer(office) if (found := _latex(match[0])))


def _latex(element: str) -> str:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(f"<root {_NAMESPACES}>{element}</root>", parser)
    except etree.XMLSyntaxError:
        return ""
    if root is None:
        return ""
    # Word wraps runs into italics and spans, and leaves their text bare
    etree.strip_tags(root, "i", "b", "span", "em", "strong", "u", "font")
    for run in root.iter("{urn:m}r"):
        if run.find("{urn:m}t") is None:
            text = " ".join("".join(map(str, run.itertext())).split())
            for part in list(run):
                run.remove(part)
            run.text = None
            etree.SubElement(run, "{urn:m}t").text = text
    return latex(root)


def _with_emphasis(source: str) -> str:
    if "style" not in source:
        return source
    try:
        root = lxml_html.fragment_fromstring(source, create_parent="div")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return source
    for element in list(root.iter("span", "font")):
        style = (element.get("style") or "").lower()
        tags = [tag for pattern, tag in _STYLES if pattern.search(style)]
        if tags and "".join(element.itertext()).strip():
            _wrap(element, tags)
    return str(lxml_html.tostring(root, encoding="unicode"))


def _wrap(element: lxml_html.HtmlElement, tags: list[str]) -> None:
    """Put the content of ``element`` into ``tags``, one in another."""
    for tag in tags:
        inner = lxml_html.Element(tag)
        inner.text, element.text = element.text, None
        for part in list(element):
            inner.append(part)
        element.append(inner)
