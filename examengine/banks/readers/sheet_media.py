"""The pictures of a workbook on the shelf, and the questions of its sheets with them."""

from dataclasses import replace

from examengine.banks.cells.grid import Grid
from examengine.banks.dialects.headers import Field
from examengine.banks.findings import Findings
from examengine.banks.item import Item
from examengine.banks.markup import Media, MediaShelf
from examengine.banks.readers.kept import formatted
from examengine.banks.readers.questions import Question
from examengine.banks.readers.shapes import Shape
from examengine.banks.readers.sheet_pictures import OWN
from examengine.banks.readers.told import picture_numbers, with_pictures


class SheetPictures:
    """Finishes the questions of one grid."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._shelf = MediaShelf()
        self._parts = {anchor.number: anchor.part for sheet in grid.sheets for anchor in sheet.pictures}
        self._own = {
            anchor.name: anchor.part
            for sheet in grid.sheets
            for anchor in sheet.pictures
            if OWN.fullmatch(anchor.name)
        }
        self._named = {name: found for name, part in self._own.items() if (found := self._take(part))}

    def _take(self, part: str) -> str:
        """The shelf's name of a part's bytes, "" where it is not taken."""
        kept = self._shelf.take(self._grid.media.get(part, b""))
        return kept if "." in kept else ""

    def finished(self, question: Question, shape: Shape, findings: Findings) -> Question:
        """The question with its pictures and its kept formatting."""
        numbers = [number for number in picture_numbers(shape) if number in self._parts]
        if numbers:
            names = {number: self._take(self._parts.get(number, "")) for number in numbers}
            question = with_pictures(question, shape, names)
            if not all(names.values()):
                message = "这里的图片不是可以显示的图片（PNG、JPEG、GIF、WebP）或过大，没有读入；请换成普通图片"
                findings.add("warning", "image_unreadable", shape.draft.at(Field.STEM), message)
        cell = shape.draft.text(Field.MARKUP)
        if not cell or question.item is None:
            return question
        item: Item
        item, agrees = formatted(question.item, cell, self._named)
        if not agrees:
            message = "文字与“题目格式”一列不再一致，以文字为准，表格、加粗等格式没有保留；请核对"
            findings.add("warning", "markup_dropped", shape.draft.at(Field.STEM), message)
        return replace(question, item=item)

    def media(self) -> tuple[Media, ...]:
        return tuple(self._shelf.taken.values())
