"""A stem as one line of plain text, for lists and messages."""

from examengine.banks.item import Item
from examengine.banks.responses import GapsExpected

GAP = "＿＿＿"


def stem_line(item: Item, most: int | None = None) -> str:
    """The stem on one line, at most ``most`` characters and an ellipsis. Gaps are lines, as readers know them: the
    marks by which the editor knows them ("{1}") are for the editor.
    """
    text = item.stem
    if isinstance(item.expected, GapsExpected):
        for gap in item.expected.gaps:
            text = text.replace(gap.mark, GAP, 1) if gap.mark else text
    text = " ".join(text.split())
    return text if most is None or len(text) <= most else f"{text[:most]}…"
