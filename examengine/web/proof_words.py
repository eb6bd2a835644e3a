"""A proof of a blueprint in words: the same for the author who makes it and the operator who publishes it."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from markupsafe import Markup
from starlette.requests import Request

from examengine.banks.stems import stem_line
from examengine.papers.blueprint import Blueprint
from examengine.papers.exposure import ClassExposure, Estimate, Exposure
from examengine.papers.proof import Proof
from examengine.papers.release import ReleaseItem
from examengine.publishing.blueprints import Proven, name_of
from examengine.records.database import Reading
from examengine.rules.rulebook import Rulebook
from examengine.web.contexts.blueprints import ExposureRow, LackView, ProofView
from examengine.web.contexts.frame import Fact
from examengine.web.http import services_of
from examengine.web.wording import gettext as _

PEOPLE = 1000
"""Candidates assumed where nobody has said how many there will be."""
EXACT_BELOW = 1_000_000
SORTS_SHOWN = 8
LEAVING_SHOWN = 10
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def proof_told(
    proven: Proven,
    blueprint: Blueprint,
    rulebook: Rulebook,
    people: int,
    leaving: Sequence[ReleaseItem] = (),
    names: Mapping[int, str] = MappingProxyType({}),
) -> ProofView:
    """The proof for authors and operators. ``people`` sit the exam once each; ``names`` of leaving
    items are by version."""
    gone = _leaving(leaving, names)
    exposure = proven.exposure
    if exposure is None:
        return ProofView(
            state="infeasible",
            title=_("现有的题组不成试卷"),
            lacks=tuple(LackView(lack.told, lack.remedies) for lack in proven.lacks),
            leaving=gone,
        )
    return ProofView(
        state="feasible",
        title=_("可以组成试卷"),
        facts=(
            Fact(_("不同的试卷"), distinct_told(proven.proof), _("按题目算，不算题序和选项顺序")),
            Fact(_("两名考生的试卷"), _common(exposure.two_candidates, exposure.count)),
            *_own_attempts(exposure, rulebook),
            Fact(_("最紧张的一格"), *_tightest(exposure, blueprint, rulebook)),
            Fact(_("每题的曝光率"), *_spread(exposure)),
        ),
        exposure=tuple(_row(each, blueprint, people) for each in exposure.most_exposed()[:SORTS_SHOWN]),
        warnings=_warnings(exposure, rulebook),
        leaving=gone,
        note=_note(exposure),
        people=f"{people:,}",
    )


async def leaving_names(request: Request, tx: Reading, version_ids: Sequence[int]) -> dict[int, str]:
    """What authors call the first of these items: number and beginning of the stem."""
    found = await services_of(request).shelf.items(tx, version_ids[:LEAVING_SHOWN])
    return {
        version_id: " ".join(part for part in (item.external_no, stem_line(item, 24)) if part)
        for version_id, item in found.items()
    }


def distinct_told(proof: Proof) -> str:
    """``约 10³⁸ 份``, the exponent raised by markup; at least so many where filters cross."""
    least = "" if proof.distinct_is_exact else _("至少")
    count = proof.distinct_papers
    if count < EXACT_BELOW:
        return _("{least} {n} 份").format(least=least, n=count).strip()
    exponent = math.floor(proof.distinct_papers_log10)
    return Markup(_("{least}约 10<sup>{e}</sup> 份")).format(least=least, e=exponent)  # noqa: S704 - our own words


def large(count: int) -> str:
    """A count that may have dozens of digits."""
    if count < EXACT_BELOW:
        return f" {count}"
    exponent = int(math.log10(count))
    raised = str(exponent).translate(SUPERSCRIPTS)
    return _("约 {m}×10{e}").format(m=f"{count / 10**exponent:.1f}", e=raised)


def _common(common: Estimate, count: int) -> str:
    return _("平均有 {n} 题相同，占 {share}").format(n=_number(common), share=_percent(common.value / count))


def _again(again: Estimate, count: int) -> str:
    if not again.value:
        return _("没有考过的题")
    if again.standard_error or again.value != int(again.value):
        share = _percent(again.value / count)
        return _("平均有 {n} 题以前考过，占 {share}").format(n=_number(again), share=share)
    if again.value == count:
        return _("全部是以前考过的题")
    return _("有 {n} 题以前考过，占 {share}").format(n=_number(again), share=_percent(again.value / count))


def _own_attempts(exposure: Exposure, rulebook: Rulebook) -> tuple[Fact, ...]:
    if not rulebook.exam.paper.new_per_attempt:
        return (Fact(_("同一考生再考"), _("规则规定不重新抽题：每次都是同一份试卷")),)
    return tuple(
        Fact(_("同一考生第 {n} 次").format(n=no), _again(again, exposure.count))
        for no, again in enumerate(exposure.attempts, 2)
    )


def _tightest(exposure: Exposure, blueprint: Blueprint, rulebook: Rulebook) -> tuple[str, str]:
    tight = exposure.tightest
    names = "、".join(name_of(blueprint.cells[cell]) for cell in tight.cells)
    told = _("{names}：要 {wanted} 题，有 {there} 题，是 {ratio} 倍").format(
        names=names, wanted=tight.wanted, there=tight.available, ratio=_short(tight.ratio)
    )
    return told, _("够考 {n} 次不重复；规则给 {m} 次").format(n=exposure.without_repeat, m=rulebook.exam.attempts)


def _spread(exposure: Exposure) -> tuple[str, str]:
    told = _("{least} 到 {most}，平均 {mean}").format(
        least=_percent(exposure.least), most=_percent(exposure.most), mean=_percent(exposure.mean)
    )
    if exposure.least == exposure.most:
        told = _percent(exposure.most)
    note = _("共 {n} 题参加抽题").format(n=exposure.items)
    if exposure.idle:
        note += _("；另有 {n} 题哪一格都用不上，不会出现在试卷上").format(n=len(exposure.idle))
    return told, note


def _row(each: ClassExposure, blueprint: Blueprint, people: int) -> ExposureRow:
    share = each.exposure.value
    return ExposureRow(
        name=_(" 且 ").join(name_of(blueprint.cells[cell]) for cell in each.cells),
        items=len(each.version_ids),
        percent=_percent(share),
        showings=f"{round(people * share):,}",
    )


def _warnings(exposure: Exposure, rulebook: Rulebook) -> tuple[str, ...]:
    if not rulebook.exam.paper.new_per_attempt or exposure.without_repeat >= rulebook.exam.attempts:
        return ()
    told = _("一个人考满 {n} 次会遇到考过的题；要避免，请给最紧张的一格补题").format(n=rulebook.exam.attempts)
    return (told,)


def _note(exposure: Exposure) -> str:
    if not exposure.draws:
        return _("以上都是按公式算出的准确值。")
    return _("带 ± 或“约”的题数由 {n} 次模拟抽卷估计（每次算得一样），± 后面是标准误差；其余是准确值。").format(
        n=exposure.draws
    )


def _leaving(leaving: Sequence[ReleaseItem], names: Mapping[int, str]) -> tuple[str, ...]:
    told = [
        _("{no}：有效期到 {day}").format(no=names.get(item.version_id, str(item.version_id)), day=item.valid_until)
        for item in leaving[:LEAVING_SHOWN]
    ]
    if len(leaving) > LEAVING_SHOWN:
        told.append(_("……共 {n} 题").format(n=len(leaving)))
    return tuple(told)


def _number(estimate: Estimate) -> str:
    if not estimate.standard_error:
        return _short(estimate.value)
    if estimate.standard_error < 0.05:
        return _("约 {n}").format(n=_short(estimate.value))
    return f"{estimate.value:.1f} ± {estimate.standard_error:.1f}"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value >= 0.1 or not value else f"{value:.2g}"


def _percent(share: float) -> str:
    if share and share < 0.001:
        return _("不到 0.1%")
    return f"{share * 100:.1f}".removesuffix(".0") + "%"
