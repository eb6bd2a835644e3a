"""The wall's charts: half an hour as a line, small enough that three stand beside each other and one fills a
phone.
"""

from collections.abc import Sequence

from markupsafe import Markup

WIDTH, HEIGHT = 320, 112
LEFT, RIGHT, TOP, BOTTOM = 46, 6, 12, 22
SPAN_MS = 1_800_000
GAP_MS = 25_000
"""Where nobody counted for longer than that there is no line."""
TICKS = ((30, "−30 分"), (15, "−15 分"), (0, ""))


def line(points: Sequence[tuple[int, float]], now_ms: int, told: str) -> Markup:
    """Values by instant, oldest first, over the half hour before ``now_ms``."""
    shown = [(at_ms, value) for at_ms, value in points if now_ms - SPAN_MS <= at_ms <= now_ms]
    most = _round(max([value for _, value in shown], default=0.0))

    def x(at_ms: float) -> float:
        return LEFT + (1 - (now_ms - at_ms) / SPAN_MS) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - value / most * (HEIGHT - BOTTOM - TOP)

    parts = [_grid(y(most), _number(most)), _grid(y(0), "0")]
    for minutes, label in TICKS:
        at = x(now_ms - minutes * 60_000)
        anchor = "start" if minutes == TICKS[0][0] else "middle"
        if label:
            parts.append(_text(at, HEIGHT - 4, label, anchor))
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 4, "现在", "end"))
    for part in _unbroken(shown):
        path = " ".join(f"{x(at_ms):.1f},{y(value):.1f}" for at_ms, value in part)
        parts.append(Markup('<polyline class="wall-line" points="{}"/>').format(path))
    head = Markup('<svg class="wall-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">')
    return head.format(WIDTH, HEIGHT, told) + Markup("").join(parts) + Markup("</svg>")


def _unbroken(points: Sequence[tuple[int, float]]) -> list[list[tuple[int, float]]]:
    parts: list[list[tuple[int, float]]] = []
    for point in points:
        if not parts or point[0] - parts[-1][-1][0] > GAP_MS:
            parts.append([])
        parts[-1].append(point)
    # a single point would not be seen
    return [[*part, (part[0][0] + 1_000, part[0][1])] if len(part) == 1 else part for part in parts]


def _round(value: float) -> float:
    """The next round number, at least 1."""
    scale = 1.0
    while scale * 10 <= value:
        scale *= 10
    return next((scale * step for step in (1.0, 2.0, 5.0) if value <= scale * step), scale * 10)


def _number(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"


def _grid(y: float, label: str) -> Markup:
    rule = Markup('<line class="wall-rule" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>')
    return rule.format(LEFT, WIDTH - RIGHT, y, y) + _text(LEFT - 6, y + 4, label, "end")


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text class="wall-label" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, text
    )
