"""What the exam's one form posts where no script runs."""

from collections.abc import Mapping, Sequence

from examengine.banks.item import WITH_OPTIONS, Item
from examengine.banks.responses import check, encode, parts_of
from examengine.papers.paper import Paper
from examengine.web.http import NotAllowed

MAX_ITEMS = 500


def goes_on_at(fields: Mapping[str, Sequence[str]], answers: Mapping[int, str]) -> str:
    """Where someone without scripts goes on after a save: at the question cleared, else behind the last answered."""
    [cleared, *_more] = fields.get("clear") or [""]
    if cleared in map(str, answers):
        return f"#q{cleared}"
    last = max((position for position, value in answers.items() if value), default=0)
    return f"#q{last + 1 if last + 1 in answers else last}" if last else ""


def posted(
    fields: Mapping[str, Sequence[str]], paper: Paper, items: Mapping[int, Item]
) -> tuple[dict[int, str], dict[int, str]]:
    """Answers and flags of a posted form; only positions that were shown, so that empty means cleared.

    Choices are posted as ``q12``, the parts of other answers as ``q12.1``, ``q12.2`` …

    Args:
        items: those of the paper, by version id.

    Raises:
        NotAllowed: it holds what no page of ours posts.
    """
    answers: dict[int, str] = {}
    flags: dict[int, str] = {}
    cleared = set(fields.get("clear", []))
    for text in fields.get("shown", [""])[0].split(",")[:MAX_ITEMS]:
        if not text.isdecimal() or len(text) > 4 or not 1 <= int(text) <= len(paper.items):
            raise NotAllowed(400)
        position = int(text)
        item = items[paper.items[position - 1].version_id]
        try:
            answers[position] = "" if text in cleared else _value(fields, position, item)
        except ValueError:
            raise NotAllowed(400) from None
        flags[position] = "1" if fields.get(f"f{position}") else ""
    return answers, flags


def _value(fields: Mapping[str, Sequence[str]], position: int, item: Item) -> str:
    if item.kind in WITH_OPTIONS:
        chosen = set(fields.get(f"q{position}", []))
        if not chosen <= {option.id for option in item.options}:
            raise ValueError("no option of this question")
        return "".join(sorted(chosen))  # two of a single choice are wrong, not refused: as where a script runs
    parts = range(1, len(parts_of(item)) + 1)
    return check(item, encode([fields.get(f"q{position}.{part}", [""])[0] for part in parts]))
