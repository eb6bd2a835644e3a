"""Frames around the sample pages, with invented people."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from examengine.web.contexts.frame import Frame, NavLink, Person

ZONE = "Asia/Shanghai"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


NOW = at("2026-06-01T14:02:11")
MINUTE = 60_000

OUTSIDE = Frame(
    authority="桂东市专业技术人员继续教育",
    hotline="400-000-0000",
    hotline_hours="工作日 9:00–12:00，14:00–18:00",
    zone=ZONE,
    now_ms=NOW,
    form_token="sample",
    demo=True,
)
LI = replace(OUTSIDE, person=Person("李建国", "450***********0018", "0018"), demo=False)


def staff(*links: tuple[str, str], here: str) -> Frame:
    nav = tuple(NavLink(href, text, text == here, 2 if text == "待审批" else 0) for href, text in links)
    return replace(OUTSIDE, person=Person("周敏", "450***********1127", "1127"), nav=nav, demo=False)


def as_author() -> Frame:
    return staff(("/author/banks", "题库"), here="题库")


def as_support(here: str = "来电查询") -> Frame:
    return staff(("/support", "来电查询"), ("/support/approvals", "待审批"), here=here)


def as_operator() -> Frame:
    return staff(("/operator", "考试"), ("/operator/people", "人员"), here="考试")
