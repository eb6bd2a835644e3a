"""Waiting one's turn before a start and before a sign-in."""

from dataclasses import replace

from examengine.web.contexts.frame import Act
from examengine.web.contexts.waiting import Waiting
from tests.web.samples.frames import OUTSIDE

START = Waiting(
    frame=replace(OUTSIDE, demo=False),
    is_turn=False,
    title="当前人数较多，请稍候",
    lead="预计等待 40 秒",
    before="您前面还有 78 人",
    note="",
    cost="排队不占用考试时间，也不占用考试机会：轮到您、开始考试后才计时。",
    keep="本页会自动更新，可以刷新。离开或断线后一分钟之内回到本页，位置还在。",
    href="/pages/waiting",
    retry_ms=20_000,
    back=Act("/my", "不排了，返回我的考试"),
    go=Act("/pages/contract", "开始考试", post=True),
    fields=(("intent", "sample"), ("honest", "1")),
)

PAGES = {
    "waiting": ("waiting.html", START),
    "waiting-longer": (
        "waiting.html",
        replace(START, lead="预计等待 3 分钟", note="开考速度放慢了，要比刚才说的多等一会儿。您的位置没有变。"),
    ),
    "waiting-turn": (
        "waiting.html",
        replace(
            START,
            is_turn=True,
            title="轮到您了，可以开始考试",
            lead="",
            before="",
            cost="按下“开始考试”后才开始计时。位置为您保留 5 分钟。",
            # the gallery's page is only looked at: nothing is sent by itself
            go=None,
        ),
    ),
    "waiting-sign-in": (
        "waiting.html",
        replace(
            START,
            title="登录的人较多，请稍候",
            cost="排队不占用考试时间。轮到您时请再输入一次证件号码和密码，密码没有保存。",
            go=None,
            back=Act("/login", "返回登录"),
        ),
    ),
}
