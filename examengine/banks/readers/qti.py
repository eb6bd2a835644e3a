"""QTI files and content packages of every version: their items, whichever file they stand in."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from examengine.banks.dialects.meta import Meta, meta_of
from examengine.banks.files.xml import (
    BadXmlError,
    Document,
    attribute,
    child,
    children,
    descendants,
    line_of,
    name_of,
    parse,
    text_of,
)
from examengine.banks.findings import Findings
from examengine.banks.markup import MediaShelf
from examengine.banks.markup.media import joined
from examengine.banks.readers import qti1, qti2
from examengine.banks.readers.asked import Asked, question_asked
from examengine.banks.readers.gathering import add, gathered
from examengine.banks.readers.lines import at_line
from examengine.banks.readers.moodle_xml import whole_ones
from examengine.banks.readers.pictures import Pictures
from examengine.banks.readers.qti_html import plain_name
from examengine.banks.readers.questions import Question
from examengine.banks.readers.reading import BankReading

FORMAT: Final = "qti"
MANIFEST: Final = "imsmanifest.xml"

_ENDINGS: Final = (".xml", ".qti", ".dat")
_NOT_QTI = "这份 XML 里没有 QTI 试题（item、assessmentItem），没有题目可读；请从原系统导出试题或整个题库包"


class _Taking:
    """Collects the questions of one or many files."""

    def __init__(self, shelf: MediaShelf, metas: Mapping[str, Meta] | None = None) -> None:
        self._metas = metas or {}
        self.shelf, self.findings = shelf, Findings()
        self.questions: list[Question] = []
        self._idents: set[str] = set()
        self._passive = 0

    def take(self, document: Document, path: str = "") -> int:
        """Takes the items of a file; how many there were, with and without a question."""
        items = _items(document.root)
        if document.broken_line is not None:
            items = [] if plain_name(document.root) == qti2.ITEM else whole_ones(items, document.broken_line)
            message = f"XML 从第 {document.broken_line} 行起有语法错误，其后的题目没有读入；请从原系统重新导出"
            self.findings.add("error", "xml_malformed", _where(path, document.broken_line, None), message)
        for item in items:
            where = _where(path, line_of(item), len(self.questions) + 1)
            pictures = Pictures(self.shelf, base=posixpath.dirname(path))
            if plain_name(item) == qti2.ITEM:
                asked = qti2.asked_in(item, where, pictures, self._metas.get(path))
            else:
                asked = qti1.asked_in(item, where, pictures)
            if asked is None:
                self._passive += 1
                continue
            self._name(asked)
            add(self.questions, question_asked(asked, self.findings))
        return len(items)

    def _name(self, asked: Asked) -> None:
        if asked.external_no and asked.external_no in self._idents:
            message = f"试题标识“{asked.external_no[:40]}”用了不止一次，这道题不带编号读入"
            asked.remark("warning", "identifier_repeated", message)
            asked.external_no = ""
        self._idents.add(asked.external_no)

    def reading(self, encoding: str) -> BankReading:
        if self._passive:
            message = f"有 {self._passive} 个试题只有文字、没有作答的地方，不算题目，没有读入"
            self.findings.add("info", "descriptions", "文件", message)
        media = tuple(self.shelf.taken.values())
        return gathered(FORMAT, encoding, self.questions, self.findings, media=media)


def read_qti(document: Document) -> BankReading:
    """The questions of one QTI file."""
    taking = _Taking(MediaShelf())
    if not taking.take(document) and document.broken_line is None:
        taking.findings.add("error", "no_questions", "文件", _NOT_QTI)
    return taking.reading(document.encoding)


def read_package(parts: Mapping[str, bytes], encoding: str) -> BankReading:
    """The questions of a content package, in the order of its manifest; a broken file is named and passed over."""
    taking = _Taking(MediaShelf(parts), _metas(parts))
    found = 0
    for path in _paths(parts):
        try:
            document = parse(parts[path])
        except BadXmlError as broken:
            taking.findings.add("error", broken.code, _where(path, broken.line, None), broken.message)
            continue
        found += taking.take(document, path)
    if not found:
        taking.findings.add("error", "no_questions", "文件", "题库包里没有 QTI 试题；请确认导出时选择了试题")
    return taking.reading(encoding)


def holds_items(root: etree._Element) -> bool:
    """True for the root of a QTI file, items in it or not."""
    return (
        plain_name(root) in {qti2.ITEM, "questestinterop", "assessmenttest", "item"} or "qti" in str(root.tag).lower()
    )


def _items(root: etree._Element) -> list[etree._Element]:
    name = plain_name(root)
    if name in {qti2.ITEM, "item"}:
        return [root]
    if name == "questestinterop":
        return list(descendants(root, "item"))
    return [found for found in root.iter(etree.Element) if plain_name(found) == qti2.ITEM]


def _where(path: str, line: int, question: int | None) -> str:
    return f"{path} {at_line(line, question)}".strip()


def _paths(parts: Mapping[str, bytes]) -> Iterator[str]:
    """Files that may hold items: those the manifest names first, in its order."""
    manifests = [path for path in parts if posixpath.basename(path).lower() == MANIFEST]
    named: dict[str, None] = {}
    for manifest in manifests:
        try:
            root = parse(parts[manifest]).root
        except BadXmlError:
            continue
        base = posixpath.dirname(manifest)
        for found in descendants(root, "resource", "file"):
            # Blackboard names a resource's file in an attribute of its own.
            for source in (attribute(found, "href"), attribute(found, "file")):
                path = joined(base, source)
                if path in parts:
                    named.setdefault(path)
    for path in [*named, *sorted(path for path in parts if path not in named)]:
        wanted = path.lower().endswith(_ENDINGS) and path not in manifests and not _told_twice(path, parts)
        if wanted and _may_hold_items(parts[path]):
            yield path


def _metas(parts: Mapping[str, bytes]) -> dict[str, Meta]:
    """What manifests say of items beside their files: LOM taxons named in Chinese, LOM's difficulty."""
    metas: dict[str, Meta] = {}
    for manifest in [path for path in parts if posixpath.basename(path).lower() == MANIFEST]:
        try:
            root = parse(parts[manifest]).root
        except BadXmlError:
            continue
        base = posixpath.dirname(manifest)
        for resource in descendants(root, "resource"):
            lines = [f"{source}：{entry}" for source, entry in _taxons(resource)]
            level = next((text_of(child(found, "value")) for found in descendants(resource, "difficulty")), "")
            if level.strip():
                lines.insert(0, f"难度：{level.strip().removeprefix('very ')}")
            if lines:
                metas[joined(base, attribute(resource, "href"))] = meta_of(lines)
    return metas


def _taxons(resource: etree._Element) -> Iterator[tuple[str, str]]:
    for path in descendants(resource, "taxonPath", "taxonpath"):
        source = text_of(child(path, "source")).strip()
        for taxon in children(path, "taxon"):
            yield source, text_of(child(taxon, "entry"))


def _told_twice(path: str, parts: Mapping[str, bytes]) -> bool:
    """Canvas writes each quiz twice, once in the cartridge's way and once, in full, in its own."""
    folder, name = posixpath.split(path)
    quiz = posixpath.basename(folder) or posixpath.splitext(name)[0]
    return not folder.endswith("non_cc_assessments") and any(
        joined("", f"{base}non_cc_assessments/{quiz}.xml.qti") in parts
        for base in ("", f"{posixpath.dirname(folder)}/")
    )


def _may_hold_items(content: bytes) -> bool:
    narrow = content.replace(b"\x00", b"").lower()
    return b"questestinterop" in narrow or b"assessmentitem" in narrow or b"assessment-item" in narrow


def is_package(parts: Mapping[str, bytes]) -> bool:
    """True where an archive is a content package or holds QTI files."""
    if any(posixpath.basename(path).lower() == MANIFEST for path in parts):
        return True
    return any(path.lower().endswith(_ENDINGS) and _may_hold_items(content) for path, content in parts.items())


__all__ = ["FORMAT", "holds_items", "is_package", "name_of", "read_package", "read_qti"]
