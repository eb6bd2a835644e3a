"""The key of a question without options, read from the words of its row."""

from dataclasses import dataclass

from examengine.banks.dialects.expected import count_gaps, expected_of, gaps_expected, split_parts, with_marks
from examengine.banks.dialects.headers import Field
from examengine.banks.item import Kind
from examengine.banks.readers.kept import settings_of
from examengine.banks.readers.shapes import Shape
from examengine.banks.responses import Expected, answerable
from examengine.banks.wording import tidy


@dataclass(frozen=True, slots=True)
class WordedKey:
    """Kind, stem and expectation as they are to be kept, or the code and message of what is wrong."""

    kind: Kind
    stem: str
    expected: Expected | None = None
    problem: tuple[str, str] | None = None
    habit: str = ""
    note: str = ""


def expectation_of(shape: Shape, kind: Kind, stem: str) -> WordedKey:
    """What counts as an answer. A short answer with several gaps and as many answers is kept as a cloze."""
    settings = shape.draft.text(Field.SETTINGS)
    if settings:
        kept = settings_of(settings, shape.draft.text(Field.KEY))
        if kept is not None:
            return WordedKey(kept[0], stem, kept[1])
    key = shape.key or shape.draft.text(Field.REFERENCE)
    blanks = shape.blanks
    if kind is Kind.SHORT_ANSWER and not key and not blanks:
        # Quizizz and its like list the accepted answers where others have options.
        blanks = tuple(shape.texts)
    if kind is Kind.ESSAY:
        return WordedKey(kind, stem, expected_of(kind, key or "\n".join(blanks)))
    if not key and not blanks:
        return WordedKey(kind, stem, None, ("key_missing", "没有正确答案，请补上"))
    if kind in {Kind.CLOZE, Kind.SHORT_ANSWER}:
        return _gaps(kind, stem, key, blanks)
    found = expected_of(kind, key)
    if found is None or not answerable(found):
        how = {
            Kind.NUMERIC: "请写成 3、2.9~3.1 或 3±0.1",
            Kind.MATCHING: "请每行写一对，如 甲 → 1",
        }.get(kind, "请按模板填写")
        return WordedKey(kind, stem, None, ("key_unreadable", f"读不懂答案“{key[:30]}”，{how}"))
    return WordedKey(kind, stem, found)


def _gaps(kind: Kind, stem: str, key: str, blanks: tuple[str, ...]) -> WordedKey:
    shown = count_gaps(stem)
    if kind is Kind.SHORT_ANSWER and not (shown > 1 and (len(blanks) == shown or (not blanks and key))):
        return WordedKey(kind, stem, expected_of(kind, key, blanks))
    parts = [tidy(part) for part in blanks or split_parts(key, shown)]
    if len(parts) != shown and not blanks:
        parts = split_parts(key)
    if kind is Kind.SHORT_ANSWER and len(parts) != shown:
        return WordedKey(kind, stem, expected_of(kind, key, blanks))
    expected = gaps_expected(parts)
    marked = with_marks(stem, len(expected.gaps))
    if marked is None and shown == 0 and expected.gaps:
        # The stem shows no gap at all: they follow it.
        marked = "\n".join([stem, " ".join(gap.mark for gap in expected.gaps)])
    if marked is None:
        message = f"题干里有 {shown} 个空，答案有 {len(expected.gaps)} 个，没有导入；请使两者一致"
        return WordedKey(kind, stem, expected, ("blanks_differ", message))
    note = f"题干有 {len(expected.gaps)} 个空，答案按先后分到各空"
    return WordedKey(Kind.CLOZE, marked, expected, None, f"gaps {len(expected.gaps)}", note)
