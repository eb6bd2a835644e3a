"""Items as rows of a list."""

from collections.abc import Mapping

from examengine.banks.item import Item, from_json
from examengine.banks.stems import stem_line
from examengine.records.heads import NAMELESS
from examengine.records.item_lists import ListedItem
from examengine.records.words import ItemState
from examengine.web.author.item_words import STATES
from examengine.web.author.shown import item_view
from examengine.web.contexts.items import ItemRow
from examengine.web.messages import KINDS
from examengine.web.wording import gettext as _

STEM_SHOWN = 160


def number_told(external_no: str, item_id: int) -> str:
    """The author's number; where there is none, the record's own."""
    return f"#{item_id}" if external_no.startswith(NAMELESS) else external_no


def stem_told(item: Item) -> str:
    """The beginning of the stem, on one line."""
    return stem_line(item, STEM_SHOWN)


def item_row(listed: ListedItem, names: Mapping[int | None, str], today: str, *, full: bool = False) -> ItemRow:
    """One row; ``full`` takes the whole item along. ``today`` is YYYY-MM-DD."""
    version = listed.version
    item = from_json(version.content)
    number = number_told(listed.external_no, version.item_id)
    text, tone = STATES[listed.state]
    figures = listed.figures
    return ItemRow(
        item_id=version.item_id,
        version_id=version.id,
        no=number,
        stem=stem_told(item),
        kind_text=KINDS[item.kind.value],
        difficulty=item.difficulty,
        topic=item.topic,
        version=version.no,
        checked_no=listed.checked_no if listed.checked_no != version.no else None,
        state_text=text,
        tone=tone,
        valid_until=listed.valid_until or "",
        is_expired=listed.state is not ItemState.RETIRED and bool(listed.valid_until) and is_past(listed, today),
        exams=listed.exams,
        by=names.get(listed.by_person, ""),
        view=item_view(item, number, version.no) if full else None,
        facility="" if figures is None else f"{100 * figures.facility:.0f}%",
        discrimination="" if figures is None or figures.discrimination is None else f"{figures.discrimination:.2f}",
        figures_about="" if figures is None else _("第 {no} 版，{n} 人").format(no=figures.no, n=figures.n),
        at_ms=listed.at_ms,
    )


def is_past(listed: ListedItem, today: str) -> bool:
    """Whether the last day an item may be drawn is over."""
    return listed.valid_until is not None and listed.valid_until < today
