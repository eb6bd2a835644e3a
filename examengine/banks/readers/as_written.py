"""A row taken apart, back in the words of the canonical columns."""

from examengine.banks.dialects.headers import Field
from examengine.banks.item import WITH_OPTIONS, Item, Kind
from examengine.banks.readers.shapes import Shape
from examengine.banks.written import KIND_WORDS, Written


def as_written(shape: Shape, kind: Kind, item: Item) -> Written:
    """What a form shows of a row that was read as ``kind``: what was understood, and where that failed what stood
    there. Options keep the letters that they have in the file.
    """
    draft = shape.draft
    options: tuple[str, ...] = ()
    if kind in WITH_OPTIONS and kind is not Kind.TRUE_FALSE and shape.options:
        options = tuple(shape.options.get(index, "") for index in range(max(shape.options) + 1))
    key = shape.key or draft.text(Field.REFERENCE) or "|".join(shape.blanks)
    if item.key and kind is Kind.TRUE_FALSE:
        key = "正确" if item.key == {"t"} else "错误"
    return Written(
        KIND_WORDS[kind] or draft.text(Field.KIND),
        item.stem if kind in WITH_OPTIONS else shape.stem,
        options,
        key,
        draft.text(Field.POINTS),
        item.difficulty,
        item.topic,
        item.explanation,
        item.source,
        draft.text(Field.VALID_UNTIL),
        draft.text(Field.YEARS),
        item.external_no,
    )
