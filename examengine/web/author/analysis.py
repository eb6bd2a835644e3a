"""What the pages of statistics and of corrections share: their frame, items with their numbers, tables of answers."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from starlette.requests import Request

from examengine.banks.item import Item
from examengine.banks.stems import stem_line
from examengine.grading.statistics import MIN_DISCRIMINATION_N, OTHER, ItemFigures, Thirds
from examengine.records import item_numbers, people
from examengine.records.database import Reading
from examengine.records.heads import NAMELESS
from examengine.records.words import Role
from examengine.web.author.correction_words import letters_of
from examengine.web.author.plots import Curve
from examengine.web.contexts.frame import Alert, Frame, NavLink
from examengine.web.contexts.suspects import AnswerRow
from examengine.web.http import frame_of
from examengine.web.services import Services
from examengine.web.wording import gettext as _

STATISTICS = "/author/statistics"
CORRECTIONS = "/author/corrections"
WHO = (Role.AUTHOR, Role.OPERATOR)
"""Who sees statistics and corrects keys."""
VERDICTS = {"right": _("答对"), "partial": _("答对一部分"), "wrong": _("答错"), "waiting": _("待评")}
MOST_ANSWERS = 12


async def analysis_frame(request: Request, here: str, flash: Alert | None = None) -> Frame:
    """The frame of these pages: the link to the corrections tells the number of requests that wait."""
    frame = await frame_of(request, "", flash)
    waiting = sum(link.count for link in frame.nav if link.href == CORRECTIONS)
    links = [link for link in frame.nav if link.href not in (STATISTICS, CORRECTIONS)]
    links.append(NavLink(STATISTICS, _("统计"), here == STATISTICS))
    links.append(NavLink(CORRECTIONS, _("答案更正"), here == CORRECTIONS, waiting))
    return replace(frame, nav=tuple(links))


async def numbers_of(tx: Reading, version_ids: Iterable[int]) -> dict[int, str]:
    """What authors call the items: their number, else one that names the version."""
    found = await item_numbers.external_numbers(tx, version_ids)
    return {version_id: number_shown(number, version_id) for version_id, number in found.items()}


def number_shown(external_no: str, version_id: int) -> str:
    """The author's number; an item without one is named by its version."""
    return _("题 {id}").format(id=version_id) if external_no.startswith(NAMELESS) else external_no


async def names_of(tx: Reading, services: Services, person_ids: Iterable[int | None]) -> dict[int | None, str]:
    """Names of staff by id."""
    found = await people.find_people(tx, services.vault, [one for one in person_ids if one is not None])
    return {person_id: person.name for person_id, person in found.items()}


def percent(value: float | None, *, places: int = 0) -> str:
    """A share, "—" where it is not known."""
    return "—" if value is None else f"{value:.{places}%}"


def decimal(value: float | None) -> str:
    """Two places, with a real minus sign."""
    return "—" if value is None else f"{value:.2f}".replace("-", "−")


def stem_of(item: Item, most: int = 60) -> str:
    """The beginning of a stem, in one line."""
    return stem_line(item, most)


def answer_rows(item: Item, figures: ItemFigures, key: str) -> tuple[AnswerRow, ...]:
    """Who chose what: every option of an item that allows one, else the most frequent answers; blanks last."""
    thirds = figures.thirds
    total = sum(thirds.people)
    # thirds of a handful of people say nothing
    people_of = thirds.people if total >= MIN_DISCRIMINATION_N else (0.0, 0.0, 0.0)
    known = {share.answer: share for share in thirds.shares}
    listed = [option.id for option in item.options] if _allows_one(item) else []
    listed += [share.answer for share in thirds.shares if share.answer not in {*listed, "", OTHER}][:MOST_ANSWERS]
    listed += [answer for answer in (OTHER, "") if answer in known]
    rows = []
    for answer in dict.fromkeys(listed):
        share = known.get(answer)
        parts = (0.0, 0.0, 0.0) if share is None else (share.lower, share.middle, share.upper)
        rows.append(
            AnswerRow(
                label=answer_label(item, answer),
                text=_text_of(item, answer),
                key=bool(key) and answer == key,
                n=round(sum(parts)),
                share=percent(sum(parts) / total if total else None),
                lower=percent(parts[0] / people_of[0] if people_of[0] else None),
                middle=percent(parts[1] / people_of[1] if people_of[1] else None),
                upper=percent(parts[2] / people_of[2] if people_of[2] else None),
                stands_out=bool(figures.distractor) and answer == figures.distractor,
            )
        )
    return tuple(rows)


def curves_of(item: Item, thirds: Thirds, key: str) -> tuple[Curve, ...]:
    """The key and the most frequent other answers over the thirds, at most five lines."""
    low, middle, high = thirds.people
    if not (low and middle and high):
        return ()
    shown = [share for share in thirds.shares if share.answer == key]
    shown += [share for share in thirds.shares if share.answer not in {key, OTHER}][: 5 - len(shown)]
    return tuple(
        Curve(
            answer_label(item, share.answer),
            (share.lower / low, share.middle / middle, share.upper / high),
            bool(key) and share.answer == key,
        )
        for share in shown
    )


def answer_label(item: Item, answer: str) -> str:
    """An answer as letters, or in a word."""
    if answer == "":
        return _("未答")
    if answer == OTHER:
        return _("其他")
    return letters_of(item, answer) if item.options else VERDICTS.get(answer, answer)


def _text_of(item: Item, answer: str) -> str:
    texts: Mapping[str, str] = {option.id: option.text for option in item.options}
    return texts.get(answer, "") if len(answer) == 1 else ""


def _allows_one(item: Item) -> bool:
    return item.kind.value in {"single_choice", "true_false"}
