"""What must hold inside a rulebook besides its types (REQUIREMENTS 4.5)."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from examengine.findings import Finding
from examengine.rules.calendar import MINUTE_MS, window_of
from examengine.rules.rulebook import EnrolmentMode, OnExhausted, PaperRules, Rulebook, WrittenSection
from examengine.rules.staffed import unreadable


def check(rulebook: Rulebook) -> list[Finding]:
    """Every rule that the values break, as errors; what only the live engine does not do yet, as a warning."""
    found = [Finding("error", code, where, message) for code, where, message in _faults(rulebook)]
    if rulebook.exam.starts_when == "staff" and rulebook.exam.delivery != "onsite":
        message = "网上考试由考生自己开始；本版引擎还没有由工作人员开始的网上考试"
        found.append(Finding("warning", "not_supported", "exam.starts_when", message))
    if rulebook.support is not None and unreadable(rulebook.support):
        told = "、".join(unreadable(rulebook.support))
        message = f"读不懂：{told}；写成 09:00-12:00 这样，读不懂的时段不会显示给考生"
        found.append(Finding("warning", "bad_hours", "support.hours", message))
    return found


Fault = tuple[str, str, str]
YEARS = range(1949, 3000)
"""The years that a rule may name; instants beyond them are not to be computed with."""


def _faults(rulebook: Rulebook) -> Iterator[Fault]:
    out_of_range = list(_out_of_range(rulebook, ""))
    yield from out_of_range
    if any(code == "date_range" for code, _, _ in out_of_range):
        return
    yield from _unsupported(rulebook)
    try:
        ZoneInfo(rulebook.meta.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield "unknown_zone", "meta.timezone", "不是 IANA 时区名"
        return
    if rulebook.meta.schema != 1:
        yield "unknown_schema", "meta.schema", "本引擎只认得第 1 版规则表"
    yield from _window_and_exam(rulebook)
    yield from _entry(rulebook)
    yield from _backfill(rulebook)
    yield from _hours(rulebook)
    yield from _batches(rulebook)


def _out_of_range(table: object, path: str) -> Iterator[Fault]:
    for spec in fields(table):  # type: ignore[arg-type]
        value = getattr(table, spec.name)
        if is_dataclass(value):
            yield from _out_of_range(value, f"{path}{spec.name}.")
        elif isinstance(value, int | Decimal) and value < 0:
            yield "negative", path + spec.name, "不能是负数"
        elif isinstance(value, date) and value.year not in YEARS:
            yield "date_range", path + spec.name, f"年份应在 {YEARS[0]} 与 {YEARS[-1]} 之间"


def _unsupported(rulebook: Rulebook) -> Iterator[Fault]:
    exam = rulebook.exam
    refused = (
        (exam.interruption.clock_stops, "exam.interruption.clock_stops"),
        (not exam.interruption.resume, "exam.interruption.resume"),
        (exam.interruption.resume_until != "attempt_end", "exam.interruption.resume_until"),
        (exam.interruption.max_returns > 0, "exam.interruption.max_returns"),
        (exam.concurrent_sessions != "takeover", "exam.concurrent_sessions"),
        (exam.starts_when == "first_answer", "exam.starts_when"),
    )
    for is_set, where in refused:
        if is_set:
            yield "not_supported", where, "规则表允许这个值，但本版引擎尚不执行它，四份通知也都没有要求"


def _window_and_exam(rulebook: Rulebook) -> Iterator[Fault]:
    exam, window = rulebook.exam, rulebook.window
    if window.opens_on > window.closes_on:
        yield "window_reversed", "window.closes_on", "结束日早于开始日"
        return
    length_ms = window_of(rulebook, rulebook.meta.year)
    if exam.minutes <= 0 or exam.minutes * MINUTE_MS >= length_ms.closes_ms - length_ms.opens_ms:
        yield "minutes", "exam.minutes", "时长须大于 0 且短于考试时间窗"
    if not 0 < exam.pass_score <= exam.full_score:
        yield "pass_score", "exam.pass_score", "合格线须大于 0 且不超过满分"
    if exam.attempts < 1:
        yield "attempts", "exam.attempts", "至少 1 次"
    if exam.attempts_labelled_makeup >= exam.attempts:
        yield "makeups", "exam.attempts_labelled_makeup", "补考次数须少于总次数"
    yield from _sections(exam.paper)
    sections = exam.paper.sections().values()
    if any(section.count < 1 or section.points <= 0 for section in sections):
        yield "empty_section", "exam.paper", "题数和分值都须大于 0；没有这种题就不写这一项"
    total = sum(section.count * section.points for section in sections)
    if total != exam.full_score:
        yield "points_sum", "exam.paper", f"各题分值合计 {total}，应等于满分 {exam.full_score}"
    if exam.min_minutes_before_submit >= exam.minutes > 0:
        yield "min_minutes", "exam.min_minutes_before_submit", "须短于考试时长"


MAX_MARKERS = 2
IN_PARTS = ("matching", "cloze")
MARKED_BY_HAND = ("short_answer", "essay")
SECTION_WORDS = {
    "short_answer": "填空题",
    "numeric": "数值题",
    "matching": "匹配题",
    "cloze": "多空填空题",
    "essay": "简答题",
}


def _sections(paper: PaperRules) -> Iterator[Fault]:
    for key, section in paper.sections().items():
        if not isinstance(section, WrittenSection):
            continue
        where, words = f"exam.paper.{key}", SECTION_WORDS[key]
        if section.partial_credit != "none" and key not in IN_PARTS:
            yield "partial_credit", where, f"{words}没有可以分开给分的部分，不写 partial_credit"
        if not 1 <= section.markers <= MAX_MARKERS:
            yield "markers", where, f"阅卷人数 markers 应是 1 或 {MAX_MARKERS}，现为 {section.markers}"
        elif section.markers > 1 and key not in MARKED_BY_HAND:
            yield "markers", where, f"{words}由系统评分，不写 markers"
        if not section.tolerance:
            continue
        if key not in MARKED_BY_HAND:
            yield "tolerance", where, f"{words}由系统评分，不写评分容差 tolerance"
        elif section.markers != MAX_MARKERS:
            yield "tolerance", where, "评分容差 tolerance 说的是两人评分之差，须同时写 markers = 2"
        elif section.tolerance >= section.points:
            yield "tolerance", where, f"评分容差 tolerance 须小于每题分值 {section.points}，现为 {section.tolerance}"


def _entry(rulebook: Rulebook) -> Iterator[Fault]:
    mode, exhausted = rulebook.enrolment.mode, rulebook.exam.on_exhausted
    has_card = rulebook.card is not None and rulebook.card.required
    if exhausted is OnExhausted.SUPPORT_GRANT and not rulebook.grant.enabled:
        yield "grant_needed", "exam.on_exhausted", "次数用完后由客服开通，须 grant.enabled = true"
    if exhausted is OnExhausted.BUY_CARD and not has_card:
        yield "card_needed", "exam.on_exhausted", "次数用完后另购激活卡，须 card.required = true"
    if mode is EnrolmentMode.CARD and not has_card:
        yield "card_needed", "enrolment.mode", "凭卡开通，须 card.required = true"
    if mode is EnrolmentMode.BATCH and rulebook.batch is None:
        yield "batch_needed", "enrolment.mode", "按期报名，须有 [batch]"
    if rulebook.card is not None and rulebook.card.expires and rulebook.card.expires_on is None:
        yield "card_expiry", "card.expires_on", "卡会过期，须写明最后一天"
    if rulebook.grant.enabled and rulebook.grant.attempts < 1:
        yield "grant_attempts", "grant.attempts", "每次开通至少 1 次"


def _backfill(rulebook: Rulebook) -> Iterator[Fault]:
    backfill = rulebook.backfill
    if any(year >= rulebook.meta.year for year in backfill.source_years):
        yield "backfill_year", "backfill.source_years", "只能补以前的年度"
    if backfill.enabled:
        if not backfill.source_years or backfill.closes_on is None or backfill.attempts < 1:
            yield "backfill", "backfill", "须写明 source_years、closes_on 和至少 1 次 attempts"
        elif backfill.closes_on < rulebook.window.opens_on:
            yield "backfill", "backfill.closes_on", "早于考试时间窗的开始日"


def _hours(rulebook: Rulebook) -> Iterator[Fault]:
    hours, professional = rulebook.hours, rulebook.professional
    parts = (hours.public_learning, hours.public_exam)
    if None not in parts and sum(part or 0 for part in parts) != hours.public_compulsory:
        yield "hours_sum", "hours.public_compulsory", "应等于培训学时与考试学时之和"
    if hours.professional_min_ratio is not None and hours.professional_min_ratio[1] <= 0:
        yield "ratio", "hours.professional_min_ratio", "分母须大于 0"
    if professional is not None and professional.register_by > professional.verify_by:
        yield "verify_by", "professional.verify_by", "审验截止不能早于登记截止"


def _batches(rulebook: Rulebook) -> Iterator[Fault]:
    if rulebook.batch is None:
        return
    last_end = None
    for first_day, last_day in rulebook.batch.list:
        if first_day > last_day or {first_day.year, last_day.year} != {rulebook.meta.year}:
            yield "batch_dates", "batch.list", f"{first_day} 至 {last_day}：须在本年度内且先后有序"
        if last_end is not None and first_day <= last_end:
            yield "batch_overlap", "batch.list", f"{first_day} 与上一期重叠"
        last_end = last_day
    if rulebook.batch.registration_opens_on > rulebook.batch.registration_closes_on:
        yield "registration", "batch.registration_closes_on", "报名截止早于报名开始"
