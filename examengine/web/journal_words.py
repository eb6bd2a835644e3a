"""A journal in plain words: what support's timeline and ``examengine attempt show`` both say of its lines."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from examengine.live.journal import SIGNS_OF_LIFE
from examengine.live.silences import SILENT_MS
from examengine.rules.history import DeadlineReason
from examengine.web import times
from examengine.web.device import device_told
from examengine.web.messages import DEADLINE_REASONS
from examengine.web.wording import gettext as _

REPORTS: Mapping[str, str] = MappingProxyType(
    {
        "l": _("离开考试页面"),
        "b": _("回到考试页面"),
        "v": _("考试窗口失去焦点"),
        "L": _("收到一条迟到的“离开页面”报告，不计"),
        "B": _("收到一条迟到的“回到页面”报告，不计"),
        "V": _("收到一条迟到的“失去焦点”报告，不计"),
        "q": _("系统恢复后，页面补交了此前已确认保存的作答"),
        "k": _("截止以后还想交卷"),
        "w": _("考试时间到，考试页面确认作答已全部送达"),
        "e": _("离开页面不计：系统当时可能收不到回来的消息"),
    }
)
CLOSED: Mapping[str, str] = MappingProxyType(
    {
        "hand_in": _("考生交卷"),
        "give_up": _("考生确认放弃"),
        "page_leave": _("离开考试页面超过允许的时间"),
        "focus_loss": _("失去焦点的次数超过允许的次数"),
        "deadline": _("考试时间到"),
        "void": _("考试作废"),
        "staff": _("工作人员收卷"),
    }
)


MINOR = frozenset("sLBV")
"""Lines that matter only to whoever wants to see everything."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened. ``inferred``: nothing says so, it follows from what is missing. ``minor``: among many
    such. ``kind``: the letter of the line, "" for what is told of several or of none.
    """

    at_ms: int
    text: str
    inferred: bool = False
    minor: bool = field(default=False, compare=False)
    kind: str = field(default="", compare=False)


def told_of_line(line: str, zone: str) -> Told | None:
    """A line of the journal for people; None for answers, flags and signs of life, which are told together."""
    kind, *rest = line.split(" ")
    match kind, rest:
        case "o", [at, _generation, deadline, _version, reason, items, *_more]:
            until = _until(deadline, reason, zone)
            return Told(int(at), _("开始作答：{n} 题，{until}").format(n=items, until=until))
        case "c", [at, epoch, _page, *device]:
            opened = _("打开考试页面") if epoch == "1" else _("在另一个页面继续考试")
            where = device_told(device[0]) if device else ""
            return Told(int(at), f"{opened}（{where}）" if where else opened)
        case (("l" | "b" | "v" | "L" | "B" | "V" | "k" | "w" | "e" | "q"), [at, *_more]):
            return Told(int(at), REPORTS[kind])
        case "s", [at, _mark, position, *_more]:
            text = _("较早的页面补交了第 {no} 题的答案，没有采用，另外保存").format(no=position)
            return Told(int(at), text)
        case "d", [at, deadline, _version, reason, *_more] if deadline:
            return Told(int(at), _("通知考试页面：{until}").format(until=_until(deadline, reason, zone)))
        case "z", [at, reason, instant, *_more]:
            text = _("收卷：{why}，以 {at} 为准").format(
                why=CLOSED.get(reason, reason), at=times.clock_time(int(instant), zone)
            )
            return Told(int(at), text)
        case "r", [at, deadline, _version, reason, *_more]:
            return Told(int(at), _("恢复作答：{until}").format(until=_until(deadline, reason, zone)))
        case "x", [at, generation, lines, *_more]:
            text = _(
                "实时数据丢失，按已入库的前 {n} 条记录重建（第 {generation} 代）；之后、重建之前的记录没有保存下来"
            )
            return Told(int(at), text.format(n=lines, generation=generation))
        case _:
            return None


def told_of_journal(lines: Sequence[str], zone: str, until_ms: int) -> tuple[Told, ...]:
    """A whole journal, in its order: answers counted between what else happened, and silences.

    Args:
        until_ms: when it ended, or now: how long the silence after the last line was.
    """
    return tuple(_in_order(lines, zone, until_ms))


def _in_order(lines: Sequence[str], zone: str, until_ms: int) -> Iterator[Told]:
    saves = _Saves()
    heard_ms: int | None = None
    deadline = ""
    for line in lines:
        kind, at = line[:1], _at(line)
        if at is None:
            continue
        if kind in SIGNS_OF_LIFE:
            if heard_ms is not None and at - heard_ms > SILENT_MS:
                yield from saves.told()
                yield _silence(heard_ms, at)
            heard_ms = max(at, heard_ms or 0)  # answers that were brought back have the instants of then
        if kind in "af":
            saves.add(line)
            continue
        parts = line.split(" ")
        if kind == "d" and parts[2] == deadline:
            continue  # only the session changed
        deadline = parts[{"o": 3, "d": 2, "r": 2}[kind]] if kind in "odr" else deadline
        told = told_of_line(line, zone)
        if told is not None:
            yield from saves.told()
            yield replace(told, kind=kind, minor=kind in MINOR)
    yield from saves.told()
    if heard_ms is not None and until_ms - heard_ms > SILENT_MS:
        yield _silence(heard_ms, until_ms)


class _Saves:
    """Answers and flags since something else was told."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._count = self._flags = 0
        self._last = ""
        self._at_ms = 0

    def add(self, line: str) -> None:
        kind, at, _mark, position, _revision, _base, value = line.split(" ", 6)
        self._at_ms = int(at)
        if kind == "f":
            self._flags += 1
            return
        self._count += 1
        self._given[position] = value
        self._last = position

    def told(self) -> Iterator[Told]:
        if self._count:
            given = sum(map(bool, self._given.values()))
            text = _("保存答案 {count} 次，最后是第 {last} 题；到此已答 {n} 题")
            yield Told(self._at_ms, text.format(count=self._count, last=self._last, n=given), minor=True)
        elif self._flags:
            yield Told(self._at_ms, _("做标记 {count} 次").format(count=self._flags), minor=True)
        self._count = self._flags = 0


def _silence(since_ms: int, until_ms: int) -> Told:
    text = _("此后 {span}没有收到考试页面的消息").format(span=times.span(until_ms - since_ms))
    return Told(since_ms, text, inferred=True)


def _until(deadline: str, reason: str, zone: str) -> str:
    why = DEADLINE_REASONS.get(DeadlineReason(reason), reason) if reason in set(DeadlineReason) else reason
    return _("{at} 截止（{reason}）").format(at=times.clock_time(int(deadline), zone), reason=why)


def _at(line: str) -> int | None:
    at = line.split(" ", 2)[1:2]
    return int(at[0]) if at and at[0].isdecimal() else None
