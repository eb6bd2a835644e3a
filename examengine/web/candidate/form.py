"""What the exam's one form posts where no script runs."""

from collections.abc import Mapping, Sequence

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


def posted(fields: Mapping[str, Sequence[str]], paper: Paper) -> tuple[dict[int, str], dict[int, str]]:
    """Answers and flags of a posted form; only positions that were shown, so that empty means cleared.

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
        options = set(paper.items[position - 1].option_order)
        chosen = set() if text in cleared else set(fields.get(f"q{position}", []))
        if not chosen <= options:
            raise NotAllowed(400)
        answers[position] = "".join(sorted(chosen))
        flags[position] = "1" if fields.get(f"f{position}") else ""
    return answers, flags
