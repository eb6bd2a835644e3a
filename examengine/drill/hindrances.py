"""What stands against a drill: real candidates, now or before it would be over."""

from examengine.records import wall
from examengine.records.database import Database
from examengine.records.shelf import Shelf
from examengine.rules.calendar import iso, window_of


async def hindrances(database: Database, now_ms: int, until_ms: int) -> tuple[str, ...]:
    """Why no drill should be held in ``[now_ms, until_ms)``, as sentences; none where nothing stands against it."""
    shelf, told = Shelf(), []
    async with database.reading() as tx:
        if await wall.oldest_due_ms(tx) is not None:
            told.append("有考生正在作答，或有考试还没有登记成绩")
        for exam in await wall.published(tx):
            rulebook = await shelf.rulebook(tx, exam.rulebook_digest)
            window = window_of(rulebook, exam.credit_year)
            zone = rulebook.meta.timezone
            if window.opens_ms < until_ms and now_ms < window.closes_ms:
                opens, closes = iso(_whole(window.opens_ms), zone), iso(_whole(window.closes_ms), zone)
                told.append(f"《{exam.title}》{exam.credit_year} 年度的开放时间是 {opens} 至 {closes}")
    return tuple(told)


def _whole(ms: int) -> int:
    return ms - ms % 1000
