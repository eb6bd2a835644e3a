"""How a request for make-up study and exam stands, as candidates read it and the desk names it."""

from collections.abc import Mapping
from types import MappingProxyType

from examengine.records.grant_requests import GrantRequest
from examengine.records.history import EnrolmentRecord
from examengine.records.words import GrantAnswer
from examengine.rules.rulebook import Rulebook
from examengine.support import grant_requests as requests
from examengine.web.contexts.frame import Act, Tone
from examengine.web.contexts.requests import RequestShown
from examengine.web.wording import gettext as _

STATES: Mapping[GrantAnswer | None, tuple[str, Tone]] = MappingProxyType(
    {
        None: (_("等待办理"), "wait"),
        GrantAnswer.GRANTED: (_("已同意"), "good"),
        GrantAnswer.REFUSED: (_("没有同意"), "bad"),
        GrantAnswer.WITHDRAWN: (_("已撤回"), "plain"),
    }
)
GRANTED = _("已增加考试次数，请按“我的考试”里的说明学习和考试。")


def request_number(request_id: int) -> str:
    """The number that candidate and desk name a request by; it is the ticket of what is done about it."""
    return f"BK-{request_id:05d}"


def request_shown(one: GrantRequest, ahead: int | None) -> RequestShown:
    """A request as its candidate sees it."""
    text, tone = STATES[one.decision]
    answer = one.answer or (GRANTED if one.decision is GrantAnswer.GRANTED else "")
    return RequestShown(one.id, request_number(one.id), one.at_ms, text, tone, one.decided_ms, answer, ahead)


def request_act(rulebook: Rulebook, record: EnrolmentRecord, newest: GrantRequest | None, now_ms: int) -> Act | None:
    """What leads to the page from the list of exams: to ask, or to see how the request stands."""
    href = f"/enrolments/{record.enrolment.id}/request"
    if newest is not None and newest.waits:
        return Act(href, _("查看补考申请"))
    known = () if newest is None else (newest,)
    if requests.may_ask(rulebook, record, known, now_ms) is None:
        return Act(href, _("申请补学补考"))
    return None


def told_in_list(newest: GrantRequest, ahead: int) -> str:
    """How a request stands, in one line of the list of exams; "" where it is no news any more."""
    if newest.waits:
        told = (
            _("补学补考申请 {number} 等待办理，前面还有 {n} 个。")
            if ahead
            else _("补学补考申请 {number} 下一个办理。")
        )
        return told.format(number=request_number(newest.id), n=ahead)
    if newest.decision is GrantAnswer.WITHDRAWN:
        return ""
    shown = request_shown(newest, None)
    return _("补学补考申请 {number}：{state}。{answer}").format(
        number=shown.number, state=shown.state_text, answer=shown.answer
    )
