"""What somebody who waits is told: how long, how many are before him, and what has changed for the worse."""

from examengine.live.admission import Place
from examengine.web.wording import gettext as _

LATER_MS = 10_000
"""A turn that comes later than was told by more than this is said."""
SHORT_S, LONG_S = 10, 90


def wait_told(wait_ms: int) -> str:
    """How long, in steps that are kept: rounded up."""
    seconds = -(-wait_ms // 1000)
    if seconds <= SHORT_S:
        return _("预计等待不到 {n} 秒").format(n=SHORT_S)
    if seconds <= LONG_S:
        return _("预计等待 {n} 秒").format(n=-(-seconds // 10) * 10)
    return _("预计等待 {n} 分钟").format(n=-(-seconds // 60))


def before_told(before: int) -> str:
    """How many stand before him."""
    return _("您前面还有 {n} 人").format(n=before) if before else _("下一位就是您")


def promised_ms(place: Place, now_ms: int, before: tuple[int, int] | None) -> int:
    """The instant that a wait was told for: the earliest told since the place was taken, or since it was put off."""
    expected_ms = now_ms + place.wait_ms
    if before is None or place.joined_ms != before[0] or expected_ms > before[1] + LATER_MS:
        return expected_ms
    return min(before[1], expected_ms)


def noted(place: Place, now_ms: int, before: tuple[int, int] | None) -> str:
    """What must not change unsaid.

    Args:
        before: since when the place was held, and for when the turn was promised, as the page was told before.
    """
    if before is None or place.is_turn:
        return ""
    if place.joined_ms > before[0]:
        return _("超过一分钟没有联系，原来的位置让给了后面的人。已为您重新排队。")
    if now_ms + place.wait_ms > before[1] + LATER_MS:
        return _("开考速度放慢了，要比刚才说的多等一会儿。您的位置没有变。")
    return ""


def keep_told() -> str:
    """What keeps a place."""
    return _("本页会自动更新，可以刷新。离开或断线后一分钟之内回到本页，位置还在。")
