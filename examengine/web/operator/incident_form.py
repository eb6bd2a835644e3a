"""The form of an incident: read, checked, filled in again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request

from examengine.incidents.announcing import TEXT_LIMIT
from examengine.incidents.asking import LONGEST_MS
from examengine.incidents.remedy import Policy, policy_of
from examengine.records.incidents import Incident, Scope
from examengine.records.words import IncidentSource
from examengine.web import times
from examengine.web.contexts.frame import FieldError
from examengine.web.contexts.incidents import IncidentFields
from examengine.web.http import form_of
from examengine.web.support.forms import MAX_NOTE, MAX_TICKET, ticket_errors, whole_number
from examengine.web.wording import gettext as _

ROUNDINGS = (("1", _("进到整分钟")), ("5", _("进到 5 分钟的整数倍")), ("10", _("进到 10 分钟的整数倍")))
LEAST_MOST = 86_400
UNIT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Read:
    """What the form says; a part that is wrong has its error and a value of no meaning."""

    fields: IncidentFields
    from_ms: int
    until_ms: int
    scope: Scope
    policy: Policy
    errors: tuple[FieldError, ...]


def local_instant(text: str, zone: str) -> int | None:
    """The instant of a local date and time, to the second; None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None or not 2000 <= moment.year <= 2999:
        return None
    return int(moment.replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def local_text(at_ms: int, zone: str, *, up: bool = False) -> str:
    """An instant as a field of date and time takes it, to the second; ``up``: a begun second counts."""
    whole_ms = -(-at_ms // 1000) * 1000 if up else at_ms // 1000 * 1000
    return times.local(whole_ms, zone).strftime("%Y-%m-%dT%H:%M:%S")


def read(request: Request, exams: Mapping[int, str], zone: str, now_ms: int) -> Read:
    """The posted form. ``exams``: titles by id, to choose from."""
    errors: list[FieldError] = []
    fields = _as_typed(request)
    from_ms, until_ms = local_instant(fields.begins, zone), local_instant(fields.ends, zone)
    if from_ms is None:
        errors.append(FieldError("begins", _("请写开始时间，如 2026-06-01 10:05:00")))
    if until_ms is None:
        errors.append(FieldError("ends", _("请写结束时间，如 2026-06-01 10:17:00")))
    if from_ms is not None and until_ms is not None:
        if until_ms <= from_ms:
            errors.append(FieldError("ends", _("结束时间要晚于开始时间")))
        elif until_ms - from_ms > LONGEST_MS:
            errors.append(FieldError("ends", _("一次最多 24 小时，更长的请分成几次")))
        elif until_ms > now_ms:
            errors.append(FieldError("ends", _("结束时间还没有到：故障结束以后再补偿")))
    exam_id = int(fields.exam) if fields.exam.isascii() and fields.exam.isdecimal() else None
    if fields.exam and exam_id not in exams:
        errors.append(FieldError("exam", _("没有这场考试，请重新选择")))
    errors += region_errors(fields.region)
    if not fields.reason:
        errors.append(FieldError("reason", _("请写说明：发生了什么，怎么发现的")))
    errors += ticket_errors(fields.ticket)
    if len(fields.notice) > TEXT_LIMIT:
        errors.append(FieldError("notice", _("公告最多 {n} 个字").format(n=TEXT_LIMIT)))
    least = whole_number(fields.least, 1, LEAST_MOST)
    if least is None:
        errors.append(FieldError("least", _("请写 1 到 {n} 的整数").format(n=LEAST_MOST)))
    least_attempt = whole_number(fields.least_attempt, 1, LEAST_MOST)
    if least_attempt is None:
        errors.append(FieldError("least_attempt", _("请写 1 到 {n} 的整数").format(n=LEAST_MOST)))
    if fields.round_min not in dict(ROUNDINGS):
        errors.append(FieldError("round_min", _("请选择")))
    if not fields.minutes and not fields.attempts:
        errors.append(FieldError("minutes", _("补时间、补次数至少选一项")))
    policy = Policy(
        minutes=fields.minutes,
        attempts=fields.attempts,
        absent_too=fields.absent_too,
        least_s=least or 1,
        least_attempt_s=least_attempt or 1,
        round_min={"5": 5, "10": 10}.get(fields.round_min, 1),  # type: ignore[arg-type]
    )
    scope = Scope(exam_id=exam_id, region=fields.region, unit_name=fields.unit)
    return Read(fields, from_ms or 0, until_ms or 0, scope, policy, tuple(errors))


def region_errors(region: str) -> list[FieldError]:
    """What is wrong with a region's code."""
    if not region or (len(region) == 6 and region.isascii() and region.isdecimal()):
        return []
    return [FieldError("region", _("请写 6 位行政区划代码，如 450700；全部地区请留空"))]


def fields_of(known: Incident, zone: str) -> IncidentFields:
    """The form of an incident that is kept."""
    policy = policy_of(known.policy)
    return IncidentFields(
        source=known.source.value,
        begins=local_text(known.from_ms, zone),
        ends=local_text(known.until_ms, zone, up=True),
        exam="" if known.exam_id is None else str(known.exam_id),
        region=known.region,
        unit=known.unit_name,
        reason=known.reason,
        ticket=known.ticket,
        notice=known.notice,
        minutes=policy.minutes,
        attempts=policy.attempts,
        absent_too=policy.absent_too,
        least=str(policy.least_s),
        least_attempt=str(policy.least_attempt_s),
        round_min=str(policy.round_min),
    )


def suggested_notice(from_ms: int, until_ms: int, zone: str) -> str:
    """What candidates may be told, to be changed by whoever opens the incident."""
    begins, ends = times.short_time(from_ms, zone), times.short_time(until_ms + 59_999, zone)
    return _("{begins} 至 {ends} 系统出现故障，耽误的时间会自动补回，截止时间以页面显示为准，不用重新登录。").format(
        begins=begins, ends=ends
    )


def source_of(text: str) -> IncidentSource:
    """What the form says it was found by."""
    return IncidentSource(text) if text in set(IncidentSource) else IncidentSource.HAND


def _as_typed(request: Request) -> IncidentFields:
    form = form_of(request)

    def text(name: str, limit: int = 40) -> str:
        return form.get(name, [""])[0].strip()[:limit]

    return IncidentFields(
        source=source_of(text("source")).value,
        begins=text("begins"),
        ends=text("ends"),
        exam=text("exam", 18),
        region=text("region"),
        unit=text("unit", UNIT_LIMIT),
        reason=text("reason", MAX_NOTE),
        ticket=text("ticket", MAX_TICKET),
        notice=text("notice", TEXT_LIMIT + 1).replace("\r\n", " ").replace("\n", " "),
        minutes=bool(text("minutes")),
        attempts=bool(text("attempts")),
        absent_too=bool(text("absent_too")),
        least=text("least"),
        least_attempt=text("least_attempt"),
        round_min=text("round_min"),
    )
