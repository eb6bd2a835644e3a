"""The frame of operators' pages: their link becomes two, the exams and the lists that come in."""

from dataclasses import replace

from starlette.requests import Request

from examengine.records import incidents
from examengine.web.contexts.frame import Alert, Frame, NavLink
from examengine.web.http import frame_of, services_of
from examengine.web.wording import gettext as _

EXAMS = "/operator/exams"
LISTS = "/operator/people"
RESULTS = "/operator/results"
INCIDENTS = "/operator/incidents"
ANNOUNCEMENTS = "/operator/announcements"
WALL = "/operator/wall"


async def operator_frame(request: Request, here: str, flash: Alert | None = None) -> Frame:
    """``here`` is :data:`EXAMS` or :data:`LISTS`."""
    frame = await frame_of(request, "", flash)
    links: list[NavLink] = []
    for link in frame.nav:
        if link.href != EXAMS:
            links.append(link)
            continue
        links.append(NavLink(WALL, _("实时监控"), here=here == WALL))
        links.append(NavLink(EXAMS, _("考试管理"), here=here == EXAMS))
        links.append(NavLink(LISTS, _("名单导入"), here=here == LISTS))
        links.append(NavLink(RESULTS, _("成绩"), here=here == RESULTS))
        async with services_of(request).database.reading() as tx:
            waiting = await incidents.count_waiting(tx)
        links.append(NavLink(INCIDENTS, _("故障补偿"), here == INCIDENTS, waiting))
        links.append(NavLink(ANNOUNCEMENTS, _("公告"), here=here == ANNOUNCEMENTS))
    return replace(frame, nav=tuple(links))


def busy() -> Alert:
    """Said while another click of the same person writes the list."""
    told = _("请稍后刷新本页。几分钟后仍是这样的，请再传一次这个文件：已经写入的不会写两遍。")
    return Alert("info", _("正在写入"), told)
