"""Items whose last day comes before the end of an exam that draws from them."""

from examengine.records import release_pages
from examengine.records.database import Reading
from examengine.records.shelf import Shelf
from examengine.web import times
from examengine.web.http import ZONE
from examengine.web.wording import gettext as _


async def warnings_of(
    tx: Reading, shelf: Shelf, bank_id: int, now_ms: int, release_id: int | None = None
) -> tuple[str, ...]:
    """A sentence for every exam that is not over and draws from the bank (or from one release of it), where some of
    its items may not be drawn until its end.
    """
    today = times.local(now_ms, ZONE).date()
    told = []
    for exam in await release_pages.exams_of_bank(tx, bank_id):
        if release_id not in {None, exam.release_id}:
            continue
        closes_on = (await shelf.rulebook(tx, exam.rulebook_digest)).window.closes_on
        if closes_on < today:
            continue
        count = await release_pages.count_expiring(tx, exam.release_id, closes_on.isoformat())
        if count:
            told.append(
                _("{n} 题在考试“{year} {title}”结束（{day}）以前到期（第 {no} 版）；到期以后不再抽到。").format(
                    n=count, year=exam.credit_year, title=exam.title, day=closes_on, no=exam.release_no
                )
            )
    return tuple(told)
