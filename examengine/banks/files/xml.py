"""XML of strangers: no entities, no network, bounded; element names without their namespaces."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5
from typing import Final

from lxml import etree

from examengine.banks.cells.separated import decode

# More opening brackets than this is not a bank that anybody typed, and its tree would not fit.
TAGS_LIMIT: Final = 2_500_000
DEPTH_LIMIT: Final = 200

_DECLARATION = re.compile(r"\s*<\?xml\b([^>]{0,300})\?>", re.IGNORECASE)
_DECLARED = re.compile(r"""encoding\s*=\s*["']([\w.:-]{1,40})["']""", re.IGNORECASE)
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_OWN_ENTITIES: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})


class BadXmlError(Exception):
    """``code`` and ``message`` for a finding; ``line`` is 1-based, 0 where there is none."""

    def __init__(self, code: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.code, self.message, self.line = code, message, line


@dataclass(frozen=True, slots=True)
class Document:
    """``broken_line`` is where a file that could be read in part stops being XML, None for a whole one."""

    root: etree._Element
    encoding: str
    broken_line: int | None = None


def parse(data: bytes, encoding: str | None = None) -> Document:
    """The tree of a file, or of what comes before its first mistake. Raises ``BadXmlError``."""
    text, used = text_of_xml(data, encoding)
    if "<!ENTITY" in text:
        raise BadXmlError("xml_entities", "文件里带有 XML 实体声明，不予读取；请从原系统重新导出")
    if text.count("<") > TAGS_LIMIT:
        raise BadXmlError("file_too_large", "XML 的元素过多，请拆成几个文件")
    _check_depth(text)
    try:
        return Document(_tree(text, recover=False), used)
    except etree.XMLSyntaxError:
        pass
    # HTML's names for characters and control characters are what exports of real systems break on.
    text = _CONTROLS.sub("", _NAMED.sub(_character, text))
    try:
        return Document(_tree(text, recover=False), used)
    except etree.XMLSyntaxError as broken:
        line = broken.lineno or 0
        message = f"XML 不完整或有语法错误（第 {line} 行附近），没有读入；请从原系统重新导出"
        try:
            root = _tree(text, recover=True)
        except etree.XMLSyntaxError:
            root = None
        if root is None:
            raise BadXmlError("xml_malformed", message, line) from broken
        return Document(root, used, line)


def text_of_xml(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text without its declaration, and its encoding: as given, by its mark, as declared, or as guessed."""
    if encoding is None and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        declared = _DECLARED.search(data[:400].decode("latin-1"))
        if declared is not None and not declared[1].lower().startswith(("utf-16", "ucs")):
            try:
                name = codecs.lookup(declared[1]).name
                # What calls itself GB2312 mostly is GB18030.
                name = "gb18030" if name in {"gb2312", "gbk"} else name
                text = data.decode(name)
                return _undeclared(text), "ascii" if text.isascii() else name
            except (LookupError, UnicodeError, ValueError):
                pass
    text, used = decode(data, encoding)
    return _undeclared(text), used


def _undeclared(text: str) -> str:
    match = _DECLARATION.match(text)
    # As many line ends as before: places are told by line.
    return "\n" * text[: match.end()].count("\n") + text[match.end() :] if match else text


def _character(match: re.Match[str]) -> str:
    if match[1] in _OWN_ENTITIES:
        return match[0]
    character = html5.get(f"{match[1]};", "")
    return match[0] if not character or set(character) & set("<>&") else character


def _tree(text: str, *, recover: bool) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )
    return etree.fromstring(text.encode("utf-8", errors="replace"), parser)


_APART: Final = (("<![CDATA[", "]]>"), ("<!--", "-->"), ("<?", "?>"), ("<!", ">"))


def _check_depth(text: str) -> None:
    """Refuses elements nested deeper than any question: trees are walked by recursion further on."""
    depth = 0
    at = text.find("<")
    while at >= 0:
        closing = next((closing for opening, closing in _APART if text.startswith(opening, at)), ">")
        end = text.find(closing, at)
        if end < 0:
            # What is never closed is for the parser to refuse.
            return
        if closing == ">" and text[at + 1] != "!":
            if text[at + 1] == "/":
                depth -= 1
            elif text[end - 1] != "/":
                depth += 1
        if depth > DEPTH_LIMIT:
            line = text.count("\n", 0, at) + 1
            raise BadXmlError("xml_malformed", f"XML 嵌套超过 {DEPTH_LIMIT} 层，没有读入", line)
        at = text.find("<", end + 1)


def name_of(element: etree._Element) -> str:
    """The local name; "" for anything that is no element."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def attribute(element: etree._Element, *names: str) -> str:
    """The first of these attributes that is set; case and hyphens aside, namespaces too."""
    wanted = {name.replace("-", "").lower() for name in names}
    for key, value in element.attrib.items():
        if str(key).rsplit("}", 1)[-1].replace("-", "").lower() in wanted:
            return str(value)
    return ""


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Child elements, of these local names where any are given."""
    for child in element:
        found = name_of(child)
        if found and (not names or found in names):
            yield child


def child(element: etree._Element | None, *names: str) -> etree._Element | None:
    return None if element is None else next(children(element, *names), None)


def descendants(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Descendants in document order, without the element itself."""
    for found in element.iter(etree.Element):
        if found is not element and name_of(found) in names:
            yield found


def text_of(element: etree._Element | None) -> str:
    """All text within, as it stands."""
    return "" if element is None else "".join(str(part) for part in element.itertext())


def line_of(element: etree._Element) -> int:
    line: object = element.sourceline
    return line if isinstance(line, int) else 0
