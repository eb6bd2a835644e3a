"""A sheet without a header row: the columns told by what stands in them."""

from collections.abc import Sequence
from typing import Final

from examengine.banks.cells.grid import Row
from examengine.banks.dialects.answers import letters_of, truth_of
from examengine.banks.dialects.headers import Columns, Field
from examengine.banks.dialects.kinds import is_any_choice, kind_of
from examengine.banks.dialects.options import python_strings

SAMPLE_ROWS: Final = 200
NEARLY_ALL: Final = 0.9
STEM_LENGTH: Final = 6


def columns_by_content(rows: Sequence[Row]) -> Columns | None:
    """The columns of a sheet without a header; None where no key column stands out.

    A key column holds letters, words of judgement or list literals throughout. The stem is the longest text
    before it; what stands between are options.
    """
    sample = rows[:SAMPLE_ROWS]
    width = max((len(row.cells) for row in sample), default=0)
    if width < 2 or len(sample) < 2:
        return None
    columns = [[row.cell(column).strip() for row in sample] for column in range(width)]
    key = next((c for c in range(width - 1, 0, -1) if _mostly(columns[c], _is_key)), None)
    if key is None:
        return None
    kind = next((c for c in range(width) if c != key and _mostly(columns[c], _is_kind)), None)
    lengths = {c: sum(map(len, columns[c])) / len(sample) for c in range(key) if c != kind}
    if not lengths or max(lengths.values()) < STEM_LENGTH:
        return None
    stem = max(lengths, key=lambda c: (lengths[c], -c))
    between = [c for c in range(stem + 1, key) if c != kind]
    single = {Field.STEM: stem, Field.KEY: key} | ({Field.KIND: kind} if kind is not None else {})
    if len(between) == 1:
        return Columns(single | {Field.OPTIONS: between[0]})
    return Columns(single, tuple(enumerate(between)))


def _mostly(cells: Sequence[str], test: "type[bool] | object") -> bool:
    filled = [cell for cell in cells if cell]
    assert callable(test)
    return len(filled) >= NEARLY_ALL * len(cells) and sum(map(test, filled)) >= NEARLY_ALL * len(filled)


def _is_key(text: str) -> bool:
    if len(text) > 2_000:
        return False
    if python_strings(text) is not None or truth_of(text) is not None:
        return True
    letters = letters_of(text)
    return letters is not None and len(letters) <= 8 and max(letters) <= "h" and text.upper() == text


def _is_kind(text: str) -> bool:
    return len(text) <= 12 and (kind_of(text) is not None or is_any_choice(text))
