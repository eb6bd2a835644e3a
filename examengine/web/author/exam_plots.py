"""The plots of an exam's statistics, with the numbers of their tables."""

from collections.abc import Sequence

from markupsafe import Markup

from examengine.grading.statistics import ExamTally
from examengine.records.statistics import ItemSums
from examengine.web.author import plots
from examengine.web.author.analysis import STATISTICS, number_shown
from examengine.web.contexts.statistics import DayRow, ScoreRow
from examengine.web.wording import gettext as _

BAR_POINTS = 5


def score_rows(tally: ExamTally) -> tuple[ScoreRow, ...]:
    """How many scored how much, in steps of five points."""
    most = max(tally.full // 100, BAR_POINTS)
    counts = [0] * (most // BAR_POINTS + 1)
    for points, n in tally.scores.items():
        counts[min(points // BAR_POINTS, len(counts) - 1)] += n
    rows = []
    for place, n in enumerate(counts):
        low = place * BAR_POINTS
        is_last = place == len(counts) - 1
        rows.append(ScoreRow(str(most) if is_last else f"{low}～{low + BAR_POINTS - 1}.99", n))
    return tuple(rows)


def histogram(tally: ExamTally, scores: Sequence[ScoreRow], pass_points: float) -> Markup:
    """Scores with the pass line; those that fail are pale."""
    if tally.n < 1:
        return plots.NOTHING
    values = [
        plots.Bar(str(place * BAR_POINTS), row.n, f"{row.span}：{row.n}", place * BAR_POINTS >= pass_points)
        for place, row in enumerate(scores)
    ]
    line = (pass_points / BAR_POINTS, _("及格线 {n}").format(n=f"{pass_points:g}"))
    told = _("成绩分布：{n} 份，{m} 份及格").format(n=tally.n, m=tally.passes)
    return plots.bars(values, told, line, every=2)


def scatter(found: Sequence[ItemSums], exam_id: int) -> Markup:
    """Items by facility and discrimination."""
    dots = [
        plots.Dot(
            one.facility,
            one.discrimination,
            number_shown(one.external_no, one.version_id),
            f"{STATISTICS}/{exam_id}/items/{one.version_id}",
            one.suspicion is not None,
        )
        for one in found
        if one.facility is not None and one.discrimination is not None
    ]
    told = _("{n} 道题的正确率与区分度，菱形的答案可疑").format(n=len(dots))
    return plots.scatter(dots, told) if dots else plots.NOTHING


def trend(days: Sequence[DayRow], tally: ExamTally) -> Markup:
    """Attempts by day, once there are two days."""
    if len(days) < 2:
        return plots.NOTHING
    values = [
        plots.Bar(row.day[5:], tally.days[row.day][0], f"{row.day}：{row.n}，{row.mean}，{row.pass_rate}")
        for row in days
    ]
    return plots.bars(values, _("每天交卷的份数"), every=max(1, len(values) // 10))
