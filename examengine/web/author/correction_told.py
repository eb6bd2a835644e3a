"""A correction told: its state in a sentence, its numbers, what they mean."""

from collections.abc import Mapping

from markupsafe import Markup

from examengine.banks.item import Item
from examengine.grading.correction import Dropped
from examengine.records import corrections
from examengine.records.corrections import Correction
from examengine.records.words import CorrectionPhase, CorrectionState
from examengine.regrading.impact import Counts, counts_of
from examengine.web import times
from examengine.web.author import plots
from examengine.web.author.correction_words import ruling_told
from examengine.web.contexts import corrections as contexts
from examengine.web.contexts.frame import Fact
from examengine.web.http import ZONE
from examengine.web.wording import gettext as _

REFRESH_S = 2
SETTLE_REFRESH_S = 15
MANY_DOWN = _("有人会由及格变为不及格。已经告知及格的人会被改判，请确认必须这样做；不想这样，可以改用“只升不降”。")
STEPS = (_("选题"), _("怎样更正"), _("看影响"), _("第二人批准"), _("执行"), _("完成"))


def steps(known: Correction) -> tuple[contexts.Step, ...]:
    """The steps, the one that is being done marked."""
    here = {
        CorrectionState.DRAFTED: 2,
        CorrectionState.ASKED: 3,
        CorrectionState.REFUSED: 3,
        CorrectionState.DROPPED: 2,
        CorrectionState.APPROVED: 4,
        CorrectionState.DONE: 5,
    }[known.state]
    return tuple(contexts.Step(text, place == here) for place, text in enumerate(STEPS))


def say(known: Correction, names: Mapping[int | None, str], *, own: bool, is_old: bool) -> str:
    """The sentence of state."""
    if is_old:
        return _("预览以后有别的更正生效，下面的数字已经过时。请重新预览。")
    match known.state:
        case CorrectionState.DRAFTED if known.phase is CorrectionPhase.PREVIEW:
            return _("正在计算影响，还没有改任何成绩。可以离开这一页，过一会儿再来。")
        case CorrectionState.DRAFTED:
            return _("影响已经算好，还没有改任何成绩。核对以后，提交给另一个人批准。")
        case CorrectionState.ASKED if own:
            return _("已提交，等另一个人批准；批准以前不改任何成绩。")
        case CorrectionState.ASKED:
            return _("{name}申请更正。请核对依据和影响，再决定批准或不批准。").format(
                name=names.get(known.by_person, "")
            )
        case CorrectionState.APPROVED if known.phase is CorrectionPhase.SETTLE:
            return _("已交的试卷都已按新办法评分，正在核对批准前后刚交的试卷，约两分钟。")
        case CorrectionState.APPROVED:
            return _("正在按新办法评分；中断了会接着做，每份试卷只改一次。")
        case CorrectionState.DONE:
            return _("已全部完成。原来的成绩都保留，考生在成绩页看得到新旧成绩和原因；以后交的卷按新办法评分。")
        case CorrectionState.REFUSED:
            return _("{name}没有批准，成绩没有改动。").format(name=names.get(known.decided_by, ""))
        case _:
            return _("已放弃，成绩没有改动。")


def facts(known: Correction, exam: str, item: Item, names: Mapping[int | None, str]) -> tuple[Fact, ...]:
    """What is corrected, why, and by whom."""
    facts = [
        Fact(_("考试"), exam),
        Fact(_("更正"), ruling_told(item, known.ruling)),
        Fact(_("只升不降"), _("是：没有人会因此降分") if known.upwards else _("否：分数可升可降")),
        Fact(_("理由"), known.reason),
        Fact(_("依据"), known.source),
        Fact(_("起草"), names.get(known.by_person, ""), times.exact(known.at_ms, ZONE)),
    ]
    if known.decided_ms is not None and known.state is not CorrectionState.DROPPED:
        label = _("批准") if known.state in corrections.IN_FORCE else _("不批准")
        facts.append(Fact(label, names.get(known.decided_by, ""), times.exact(known.decided_ms, ZONE)))
    if known.done_ms is not None:
        facts.append(Fact(_("完成"), times.exact(known.done_ms, ZONE)))
    return tuple(facts)


def percent(known: Correction) -> int | None:
    """How much of the phase is done; None where nothing is computed."""
    if known.phase is None:
        return None
    if known.phase is CorrectionPhase.SETTLE:
        return 99
    seen = counts_of(known.counts).seen
    return min(99, seen * 100 // known.total) if known.total else 0


def progress(known: Correction) -> str:
    """How many attempts were looked at."""
    if known.phase is None:
        return ""
    return _("已处理 {n} 份，共 {total} 份").format(
        n=min(counts_of(known.counts).seen, known.total), total=known.total
    )


def refresh_s(known: Correction) -> int:
    """When the page looks again, in seconds; 0 for never."""
    if known.phase is None:
        return 0
    return SETTLE_REFRESH_S if known.phase is CorrectionPhase.SETTLE else REFRESH_S


def counts_title(known: Correction) -> str:
    """What the numbers are: a preview with its time, or the result."""
    if known.state in corrections.IN_FORCE:
        return _("执行结果")
    return _("影响预览（{at}）").format(at=times.exact(known.previewed_ms or known.at_ms, ZONE))


def counts(counts: Counts) -> tuple[contexts.Count, ...]:
    """The numbers of the impact."""
    return (
        contexts.Count(counts.had, _("份试卷有这道题")),
        contexts.Count(counts.up, _("份升分")),
        contexts.Count(counts.down, _("份降分"), "warn" if counts.down else ""),
        contexts.Count(counts.fail_to_pass, _("人次由不及格变及格")),
        contexts.Count(counts.pass_to_fail, _("人次由及格变不及格"), "bad" if counts.pass_to_fail else ""),
    )


def notes(known: Correction, counts: Counts, *, is_old: bool) -> tuple[str, ...]:
    """What the numbers mean."""
    notes = [
        _("看过 {n} 份已交的试卷，{m} 份有这道题，其中 {s} 份分数不变。").format(
            n=counts.seen, m=counts.had, s=counts.same
        )
    ]
    if counts.unscored:
        told = _("{n} 份没有成绩（作废、无成绩，或还在等人工评分），不受影响；等评分的评完后按新办法计分。")
        notes.append(told.format(n=counts.unscored))
    if isinstance(known.ruling, Dropped):
        notes.append(_("作废以后，其余题的得分按比例折算为满分，四舍五入到 0.01 分；答对这道题的人可能因此降分。"))
    if counts.pass_to_fail and known.state not in corrections.IN_FORCE:
        notes.append(MANY_DOWN)
    if counts.fail_to_pass and known.state not in corrections.IN_FORCE:
        notes.append(_("由不及格变及格的人，不再需要、也不能再考；已经用掉的次数和激活卡不退。"))
    if known.state not in corrections.IN_FORCE and not is_old:
        notes.append(_("预览以后交的卷，也按批准的办法评分。"))
    return tuple(notes)


def histogram(counts: Counts) -> Markup:
    """Changes of score in points, where there are several."""
    if len(counts.steps) < 2:
        return plots.NOTHING
    low, high = min(0, *counts.steps), max(0, *counts.steps)
    if high - low > 60:
        return plots.NOTHING
    values = [
        plots.Bar(
            f"{step:+d}".replace("-", "−"),
            counts.steps.get(step, 0),
            f"{step:+d}：{counts.steps.get(step, 0)}",
            step > 0,
        )
        for step in range(low, high + 1)
        if step
    ]
    return plots.bars(values, _("分数变动（分）与份数"), every=max(1, len(values) // 12))
