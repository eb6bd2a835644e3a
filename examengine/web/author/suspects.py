"""Suspect keys in words, as they are pushed to authors' pages."""

from examengine.banks.item import Item
from examengine.grading.statistics import Suspicion, figures_of
from examengine.records import corrections, statistics
from examengine.records.database import Reading
from examengine.records.statistics import Suspect
from examengine.regrading.counting import key_counted
from examengine.web.author.analysis import (
    CORRECTIONS,
    STATISTICS,
    answer_rows,
    decimal,
    number_shown,
    percent,
)
from examengine.web.author.correction_words import SUSPICIONS, letters_of
from examengine.web.contexts.suspects import SuspectView
from examengine.web.services import Services
from examengine.web.wording import gettext as _

SUSPECTS_SHOWN = 20


async def suspect_views(
    tx: Reading,
    services: Services,
    bank_id: int | None = None,
    limit: int = SUSPECTS_SHOWN,
    *,
    with_answers: bool = False,
) -> tuple[SuspectView, ...]:
    """Suspect keys in words, of all banks or of one; a correction that is on its way takes its item off the list.

    Args:
        with_answers: with the table of who chose what.
    """
    found = await statistics.suspects(tx, bank_id, limit)
    known = await corrections.of_version(tx, [one.version_id for one in found])
    items = await services.shelf.items(tx, sorted({one.version_id for one in found}))
    shown = []
    for one in found:
        if any(made.exam_id == one.exam_id for made in known.get(one.version_id, ())):
            continue
        item = items[one.version_id]
        tallies = await statistics.tallies_of(tx, one.exam_id, [one.version_id]) if with_answers else {}
        key = key_counted(item, None)
        answers = [answer_rows(item, figures_of(tally, key), key) for tally in tallies.values()]
        shown.append(
            SuspectView(
                number_shown(one.external_no, one.version_id),
                one.exam_title,
                suspicion_told(one, item),
                f"{STATISTICS}/{one.exam_id}/items/{one.version_id}",
                f"{CORRECTIONS}/new?exam={one.exam_id}&version={one.version_id}",
                answers[0] if answers else (),
            )
        )
    return tuple(shown)


def suspicion_told(one: Suspect, item: Item) -> str:
    """Why a key is suspect, with its figures."""
    why = SUSPICIONS[Suspicion(one.suspicion)].format(answer=letters_of(item, one.distractor))
    told = _("{why}（{n} 人，正确率 {p}，区分度 {r}）")
    return told.format(why=why, n=one.n, p=percent(one.facility), r=decimal(one.discrimination))
