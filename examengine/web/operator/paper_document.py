"""An attempt's paper as a document (答卷): facts, every question as it was shown, what was answered.

The copy that leaves the house holds no key and no mark of a single question, since no rulebook releases them; the
copy for the house says on every page what it is.
"""

from collections.abc import Iterator, Mapping

from examengine.accounts.names import Place, mask_document
from examengine.banks.item import Item
from examengine.papers.paper import PaperItem
from examengine.reporting.papers import SatPaper
from examengine.rules.calendar import window_of
from examengine.rules.history import DeadlineReason, OutcomeReason, State
from examengine.web import times
from examengine.web.answers import LETTERS, answer_told, letters
from examengine.web.author.correction_words import ruling_told
from examengine.web.author.shown import answers_told
from examengine.web.candidate.my import score_is_hidden
from examengine.web.markup import option_html, stem_html, text_html
from examengine.web.messages import DEADLINE_REASONS, HOW_ENDED, KINDS
from examengine.web.pdf import Block, Document, Facts, Heading, Paragraph, Rule, Table
from examengine.web.pdf_markup import blocks_of, pictures_in
from examengine.web.support.wording import OUTCOMES
from examengine.web.wording import gettext as _


def pictures_of(sat: SatPaper) -> tuple[str, ...]:
    """Digests of all pictures on the paper."""
    html = (part for item in sat.items.values() for part in (stem_html(item), *map(option_html, item.options)))
    return tuple(dict.fromkeys(digest for part in html for digest in pictures_in(part)))


def paper_document(
    sat: SatPaper,
    pictures: Mapping[str, bytes],
    *,
    authority: str,
    who: str,
    why: str,
    now_ms: int,
    with_key: bool,
    full: bool,
) -> Document:
    """The document.

    Args:
        pictures: content by digest.
        who: the member of staff who prints it.
        with_key: the copy for the house, with keys and the marks of each question.
        full: the whole document number.
    """
    zone = sat.rulebook.meta.timezone
    at = times.exact(now_ms, zone)
    kind = _("内部复核用，含标准答案，不得外传") if with_key else why
    shows_score = with_key or not _is_hidden(sat, now_ms)
    blocks: list[Block] = [Facts(_facts(sat, zone, shows_score=shows_score, full=full))]
    if with_key:
        blocks.append(Paragraph(_("内部复核用：本件含标准答案和每题得分，不得交给考生或外传。"), strong=True))
    if shows_score and len(sat.series) > 1:
        blocks += [Heading(_("成绩登记")), _series(sat, zone)]
    if sat.final is None:
        blocks.append(Paragraph(_("这次考试在进行中被作废，没有交卷，没有保存最终的答案。")))
    else:
        blocks += _questions(sat, sat.final.answers, pictures, with_key=with_key)
    blocks.append(Rule())
    blocks.append(Paragraph(_("题目和选项的顺序与考生看到的相同；答案是结束时系统保存的。"), quiet=True))
    if sat.head:
        told = _("作答记录摘要（SHA-256）：{head}").format(head=sat.head)
        blocks.append(Paragraph(told, quiet=True))
    return Document(
        title=_("考试答卷"),
        blocks=tuple(blocks),
        authority=authority,
        at_ms=now_ms,
        foot=_("考试编号 {no}　{at} 打印").format(no=sat.owned.attempt.id, at=at),
        mark=f"{who}　{at}　{kind}",
    )


def _is_hidden(sat: SatPaper, now_ms: int) -> bool:
    window = window_of(sat.rulebook, sat.record.enrolment.credit_year)
    return score_is_hidden(sat.rulebook, window.closes_ms, now_ms)


def _facts(sat: SatPaper, zone: str, *, shows_score: bool, full: bool) -> tuple[tuple[str, str], ...]:
    profile, attempt, outcome = sat.person.profile, sat.owned.attempt, sat.outcome
    document = profile.document if profile else ""
    rows = [
        (_("考试"), _("{year} 年度　{title}").format(year=sat.record.enrolment.credit_year, title=sat.exam.title)),
        (_("姓名"), sat.person.name or _("（已清除）")),
        (_("证件号码"), document if full else mask_document(document, Place.STAFF_LIST)),
        (_("单位"), profile.unit_name if profile else ""),
        (_("第几次"), _("第 {no} 次").format(no=attempt.no)),
        (_("开始"), times.exact(attempt.started_ms, zone)),
        (_("结束"), times.exact(outcome.ended_ms, zone)),
        (
            _("截止时间"),
            _("{at}（{why}）").format(
                at=times.exact(outcome.deadline_ms, zone),
                why=DEADLINE_REASONS[DeadlineReason(outcome.deadline_reason)],
            ),
        ),
        (_("怎样结束"), HOW_ENDED[State(sat.series[0].state)]),
        (_("成绩"), _score(sat, shows_score=shows_score)),
    ]
    if sat.receipt:
        rows.append((_("回执编号"), _grouped(sat.receipt)))
    rows.append((_("年度规则"), f"{sat.rulebook.meta.id}　{attempt.rulebook_digest}"))
    rows.append((_("题库版本"), str(attempt.release_id)))
    return tuple(rows)


def _grouped(receipt: str) -> str:
    return "-".join(receipt[start : start + 4] for start in range(0, len(receipt), 4))


def _score(sat: SatPaper, *, shows_score: bool) -> str:
    outcome = sat.outcome
    if not shows_score:
        return _("按规定在考试开放期结束以后公布")
    why = OUTCOMES[OutcomeReason(outcome.reason)]
    if outcome.score_hundredths is None:
        return why
    return _("{score} 分（满分 {full} 分，及格线 {line} 分），{why}").format(
        score=times.points(outcome.score_hundredths),
        full=times.points(outcome.full_hundredths or 0),
        line=sat.rulebook.exam.pass_score,
        why=why,
    )


def _series(sat: SatPaper, zone: str) -> Table:
    rows = tuple(
        (
            times.exact(one.recorded_ms, zone),
            "" if one.score_hundredths is None else times.points(one.score_hundredths),
            OUTCOMES[OutcomeReason(one.reason)],
            one.cause,
        )
        for one in sat.series
    )
    return Table((_("登记时间"), _("成绩"), _("结果"), _("由来")), rows, (4, 2, 6, 4), (1,))


def _questions(
    sat: SatPaper, answers: Mapping[int, str], pictures: Mapping[str, bytes], *, with_key: bool
) -> Iterator[Block]:
    cell = -1
    for position, placed in enumerate(sat.paper.items, start=1):
        item = sat.items[placed.version_id]
        if placed.cell != cell:
            cell = placed.cell
            of_cell = sat.blueprint.cells[cell]
            count = sum(one.cell == cell for one in sat.paper.items)
            each = times.points(of_cell.points_hundredths)
            told = _("{kind}（共 {n} 题，每题 {each} 分）").format(kind=KINDS[of_cell.kind.value], n=count, each=each)
            yield Heading(told)
        yield from blocks_of(stem_html(item), pictures, mark=f"{position}.")
        options = {option.id: option for option in item.options}
        for letter, option_id in zip(LETTERS, placed.option_order, strict=False):
            if option_id in options:
                yield from blocks_of(option_html(options[option_id]), pictures, mark=f"{letter}.", indent=1)
        given = answer_told(item, answers.get(placed.version_id, ""), placed.option_order)
        yield Paragraph(_("答：{text}").format(text=given or _("未答")), strong=True, indent=1)
        if with_key:
            yield Paragraph(_kept(sat, item, placed, position), indent=1, quiet=True)


def _kept(sat: SatPaper, item: Item, placed: PaperItem, position: int) -> str:
    """Key, points, and what was ruled about it: for the house."""
    if item.options:
        right = letters("".join(sorted(item.key)), placed.option_order)
    else:
        right = "；".join(answers_told(item.expected))
    told = [_("标准答案：{key}").format(key=right)]
    rulings = sat.stands.get(placed.version_id, ())
    told += [_("更正：{what}").format(what=ruling_told(item, ruling)) for ruling in rulings if ruling is not None]
    mark = sat.marks.get(position)
    if position in sat.by_hand and sat.by_hand[position] is None:
        told.append(_("等待人工评分"))
    elif mark is not None:
        told.append(_("得 {n} 分").format(n=times.points(mark.hundredths)))
    explanation = str(text_html(item.explanation).striptags()) if item.explanation else ""
    if explanation:
        told.append(_("解析：{text}").format(text=explanation))
    return "　".join(told)
