"""Plots as plain SVG: labelled directly, readable without colour, each with the sentence a screen reader says.

Every plot stands beside a table with the same numbers. Coordinates are those of a box 640 wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from markupsafe import Markup

WIDTH = 640
NARROW = 340
"""Bars are drawn for a phone as well: scrolled to the side, the line that matters would be out of sight."""
NOTHING = Markup("")
"""Where there is too little for a plot."""
LEFT, RIGHT, TOP, BOTTOM = 48, 20, 16, 40
_DASHES = ("7 4", "2 3", "9 3 2 3", "4 2")


@dataclass(frozen=True, slots=True)
class Dot:
    """An item in the plot of facility and discrimination; ``label`` is written beside a suspect one."""

    facility: float
    discrimination: float
    label: str
    href: str
    suspect: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar; ``strong``: of the side that is named first in the legend."""

    label: str
    value: float
    told: str
    strong: bool = True


@dataclass(frozen=True, slots=True)
class Curve:
    """One answer over the thirds, shares from 0 to 1."""

    label: str
    shares: tuple[float, float, float]
    key: bool


def scatter(dots: Sequence[Dot], told: str) -> Markup:
    """Facility (right = easy) against discrimination (up = tells the strong from the weak)."""
    height = 380
    low, high = min([-0.2, *(dot.discrimination for dot in dots)]), max([0.6, *(d.discrimination for d in dots)])
    low, high = max(-1.0, low - 0.05), min(1.0, high + 0.05)

    def x(value: float) -> float:
        return LEFT + value * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (height - TOP - BOTTOM)

    parts = [_grid_x(x(step / 5), f"{step * 20}%", height) for step in range(6)]
    step = -1.0
    while step <= 1.001:
        if low <= step <= high:
            parts.append(_grid_y(y(step), f"{step:.1f}".replace("-", "−"), strong=abs(step) < 0.01))
        step = round(step + 0.2, 1)
    parts.append(_text(LEFT + 4, TOP + 12, "区分度", "plot-axis"))
    parts.append(_text(WIDTH - RIGHT, height - 4, "难度（正确率）", "plot-axis", "end"))
    parts += [_dot(dot, x(dot.facility), y(dot.discrimination)) for dot in sorted(dots, key=lambda one: one.suspect)]
    return _svg(height, told, parts)


def bars(values: Sequence[Bar], told: str, line: tuple[float, str] | None = None, every: int = 1) -> Markup:
    """Bars from the left; ``line``: where an upright line stands, in bars, and its label; ``every``: bars a label.

    For a desk and for a phone: the page shows one of them.
    """
    wide = _bars(values, told, line, every, WIDTH, "plot plot-wide")
    return wide + _bars(values, told, line, 2 * every, NARROW, "plot plot-narrow")


def _bars(
    values: Sequence[Bar], told: str, line: tuple[float, str] | None, every: int, whole: int, kind: str
) -> Markup:
    height = 240
    most = max([1.0, *(bar.value for bar in values)])
    width = (whole - LEFT - RIGHT) / max(1, len(values))
    floor = height - BOTTOM

    def y(value: float) -> float:
        return floor - value / most * (floor - TOP - 14)

    parts = [_grid_y(y(most * part), f"{most * part:.0f}", whole, strong=part == 0) for part in (0, 0.5, 1)]
    for place, bar in enumerate(values):
        left = LEFT + place * width
        look = "plot-bar" if bar.strong else "plot-bar is-weak"
        if bar.value:
            parts.append(
                Markup(
                    '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
                ).format(look, left + 1, y(bar.value), max(1.0, width - 2), floor - y(bar.value), bar.told)
            )
        if place % every == 0:
            parts.append(_text(left + width / 2, floor + 16, bar.label, "plot-label", "middle"))
    if line is not None:
        at, label = LEFT + line[0] * width, line[1]
        parts.append(
            Markup('<line class="plot-line" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>').format(at, TOP, floor)
        )
        # a label takes some 80 units: where there is less to the right of the line it stands to the left
        left_of_it = at > whole - RIGHT - 80
        parts.append(
            _text(at + (-4 if left_of_it else 4), TOP + 10, label, "plot-axis", "end" if left_of_it else "start")
        )
    return _svg(height, told, parts, whole, kind)


def curves(lines: Sequence[Curve], told: str) -> Markup:
    """Shares of answers in the lower, middle and upper third. The key is thick; labels stand at the right end."""
    height, right = 300, 120
    floor = height - BOTTOM

    def x(third: int) -> float:
        return LEFT + 30 + third * (WIDTH - LEFT - 60 - right) / 2

    def y(share: float) -> float:
        return floor - share * (floor - TOP)

    parts = [_grid_y(y(step / 4), f"{step * 25}%", strong=step == 0) for step in range(5)]
    for third, label in enumerate(("低分三分之一", "中间三分之一", "高分三分之一")):
        parts.append(_text(x(third), floor + 18, label, "plot-label", "middle"))
    above, others = floor + 9.0, count()
    for line in sorted(lines, key=lambda one: (one.shares[2], one.label)):
        kind = "plot-curve is-key" if line.key else "plot-curve"
        dash = "none" if line.key else _DASHES[next(others) % len(_DASHES)]
        points = " ".join(f"{x(third):.1f},{y(share):.1f}" for third, share in enumerate(line.shares))
        curve = Markup('<polyline class="{}" points="{}" stroke-dasharray="{}"><title>{}</title></polyline>')
        parts.append(curve.format(kind, points, dash, _shares_told(line)))
        dot = Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"/>')
        parts += [
            dot.format(kind, x(third), y(share), 4.5 if line.key else 3) for third, share in enumerate(line.shares)
        ]
        # the labels stand above each other, from the bottom up
        above = min(y(line.shares[2]), above - 15)
        label = f"{line.label}{'（答案）' if line.key else ''} {line.shares[2]:.0%}"
        parts.append(_text(x(2) + 12, above + 4, label, "plot-label is-key" if line.key else "plot-label"))
    return _svg(height, told, parts)


def _shares_told(line: Curve) -> str:
    low, middle, high = line.shares
    return f"{line.label}：低分 {low:.0%}，中间 {middle:.0%}，高分 {high:.0%}"


def _dot(dot: Dot, x: float, y: float) -> Markup:
    told = f"{dot.label}：正确率 {dot.facility:.0%}，区分度 {dot.discrimination:.2f}"
    shape = Markup('<circle class="plot-dot" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(x, y)
    if dot.suspect:
        points = f"{x:.1f},{y - 7:.1f} {x + 7:.1f},{y:.1f} {x:.1f},{y + 7:.1f} {x - 7:.1f},{y:.1f}"
        shape = Markup('<polygon class="plot-dot is-suspect" points="{}"/>').format(points)
        anchor = "end" if x > WIDTH - 120 else "start"
        shape += _text(x + (-10 if anchor == "end" else 10), y + 4, dot.label, "plot-label", anchor)
    return Markup('<a href="{}"><title>{}</title>{}</a>').format(dot.href, told, shape)


def _grid_x(x: float, label: str, height: int) -> Markup:
    line = Markup('<line class="plot-grid" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>')
    return line.format(x, TOP, height - BOTTOM) + _text(x, height - BOTTOM + 16, label, "plot-label", "middle")


def _grid_y(y: float, label: str, whole: int = WIDTH, *, strong: bool = False) -> Markup:
    kind = "plot-grid is-zero" if strong else "plot-grid"
    line = Markup('<line class="{}" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>')
    return line.format(kind, LEFT, whole - RIGHT, y, y) + _text(LEFT - 6, y + 4, label, "plot-label", "end")


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, text
    )


def _svg(height: int, told: str, parts: Sequence[Markup], whole: int = WIDTH, kind: str = "plot") -> Markup:
    head = Markup('<svg class="{}" viewBox="0 0 {} {}" role="group" aria-label="{}">').format(
        kind, whole, height, told
    )
    return head + Markup("").join(parts) + Markup("</svg>")  # every text went through Markup.format
