"""O3: the live wall. One snapshot out of Redis, states computed now; nothing here asks about single candidates."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from examengine.monitoring.figures import added
from examengine.monitoring.silence import KEEP_MS, Moment
from examengine.monitoring.snapshot import Counts, Shown
from examengine.records import wall as records
from examengine.records.words import Role
from examengine.web.contexts import wall as contexts
from examengine.web.contexts.frame import Frame
from examengine.web.contexts.wall import MinuteRow, Panel, PlaceRow
from examengine.web.http import ZONE, now_of, page, services_of, signed_in, visitor_of
from examengine.web.operator import wall_words as words
from examengine.web.operator.frames import WALL, operator_frame
from examengine.web.operator.wall_chart import line
from examengine.web.operator.wall_links import Filter
from examengine.web.pages import render_block
from examengine.web.regions import region_name, region_told
from examengine.web.wording import gettext as _

REGIONS, UNITS = 40, 20
MINUTE_MS = 60_000
NOTHING = Counts()


@signed_in(Role.OPERATOR)
async def wall_page(request: Request) -> Response:
    """The whole page, or what of it is drawn anew every few seconds."""
    services, now_ms = services_of(request), now_of(request)
    at = Filter.of(request)
    frame = await operator_frame(request, WALL)
    shown = await services.wall.shown()
    context = _empty(frame, at) if shown is None else await _context(request, frame, at, shown, now_ms)
    return answer(request, "operator/wall.html", "live", context)


def answer(request: Request, name: str, block: str, context: object) -> Response:
    """A page, or the block of it that htmx asks for."""
    if request.headers.get("hx-request"):
        return HTMLResponse(render_block(name, block, context))
    return page(name, context)


async def exams_of(request: Request) -> tuple[tuple[str, str], ...]:
    """Exams as a filter offers them."""
    async with services_of(request).database.reading() as tx:
        titles = await records.exam_titles(tx)
    return tuple((str(exam_id), title) for exam_id, title in titles.items())


def regions_of(shown: Shown | None) -> tuple[tuple[str, str], ...]:
    """Regions that anybody belongs to, as a filter offers them."""
    places = shown.places if shown is not None else ()
    return tuple(
        (region, region_told(region)) for region in sorted({place.region for place in places if place.region})
    )


def _empty(frame: Frame, at: Filter) -> contexts.Wall:
    return contexts.Wall(
        frame=frame,
        address=at.wall(),
        at_ms=None,
        is_stale=True,
        exams=(),
        exam=at.exam,
        regions=(),
        region=at.region,
        tiles=(),
        measures=(),
        warned=(),
        panels=(),
        minutes=(),
        shows_minutes=False,
        minutes_href="",
        by_region=(),
        by_unit=(),
        more_regions=0,
        more_units=0,
        counted_ms=0,
    )


async def _context(request: Request, frame: Frame, at: Filter, shown: Shown, now_ms: int) -> contexts.Wall:
    services, visitor = services_of(request), await visitor_of(request)
    snapshot = shown.snapshot
    by_unit = shown.counts(now_ms, at.holds, lambda place: (place.region, place.unit))
    whole, by_region = Counts(), dict[tuple[str, str], Counts]()
    for (region, _unit), counts in by_unit.items():
        whole.add(counts)
        by_region.setdefault((region, ""), Counts()).add(counts)
    totals = added(await services.wall.workers())
    moments = await services.wall.moments(now_ms - KEEP_MS)
    shows_minutes = request.query_params.get("figures") == "1"
    regions = _rows(by_region, REGIONS, at)
    units = _rows(by_unit, UNITS, at)
    return contexts.Wall(
        frame=frame,
        address=at.wall(figures="1" if shows_minutes else ""),
        at_ms=snapshot.at_ms,
        is_stale=shown.is_stale(now_ms),
        exams=await exams_of(request),
        exam=at.exam,
        regions=regions_of(shown),
        region=at.region,
        tiles=words.tiles_of(whole, snapshot, totals, at),
        measures=(
            *words.measures_of(snapshot, totals, now_ms),
            *words.queue_measures(await services.starts.standing(), await services.sign_ins.standing()),
        ),
        warned=words.warned_of(whole, shown, totals, now_ms, ZONE, at, at_desk=Role.SUPPORT in visitor.roles),
        panels=_panels(moments, now_ms),
        minutes=_minutes(moments) if shows_minutes else (),
        shows_minutes=shows_minutes,
        minutes_href=at.wall(figures="" if shows_minutes else "1"),
        by_region=regions,
        by_unit=units,
        more_regions=len(by_region) - len(regions),
        more_units=len(by_unit) - len(units),
        counted_ms=snapshot.counted_ms,
    )


def _rows(counted: dict[tuple[str, str], Counts], most: int, at: Filter) -> tuple[PlaceRow, ...]:
    """Where most are silent, first; then by how many sit."""
    found = sorted(counted.items(), key=lambda one: (-one[1].silent, -one[1].trouble, -one[1].live, one[0]))
    rows = []
    for (region, unit), counts in found[:most]:
        narrowed = at.narrowed(region=region, unit=unit)
        rows.append(
            PlaceRow(
                name=unit or region_name(region) or _("尚未查到"),
                href=narrowed.table("silent" if counts.silent else "live"),
                not_started=counts.not_started,
                writing=counts.writing,
                silent=counts.silent,
                trouble=counts.trouble,
                handed_in=counts.handed_in,
                is_bad=counts.silent > 1 and counts.silent >= counts.live * words.MANY_SHARE,
            )
        )
    return tuple(rows)


def _panels(moments: Sequence[Moment], now_ms: int) -> tuple[Panel, ...]:
    newest = moments[-1] if moments else None

    def panel(title: str, values: list[float], now: str) -> Panel:
        told = _("{title}，最近 30 分钟：现在 {now}，最多 {most}").format(
            title=title, now=now, most=words.rate(max(values, default=0.0))
        )
        points = [(moment.at_ms, value) for moment, value in zip(moments, values, strict=True)]
        return Panel(title, now, line(points, now_ms, told))

    saves, starts = [one.saves_a_second for one in moments], [one.starts_a_second for one in moments]
    return (
        panel(_("每秒保存"), saves, words.rate(newest.saves_a_second) if newest else "—"),
        panel(_("每秒开考"), starts, words.rate(newest.starts_a_second) if newest else "—"),
        panel(_("断线人数"), [float(one.silent) for one in moments], words.number(newest.silent) if newest else "—"),
    )


def _minutes(moments: Sequence[Moment]) -> tuple[MinuteRow, ...]:
    """The same minute by minute, the newest first; of each its last instant, rates as means."""
    minutes: dict[int, list[Moment]] = {}
    for moment in moments:
        minutes.setdefault(moment.at_ms // MINUTE_MS, []).append(moment)
    rows = []
    for minute, within in sorted(minutes.items(), reverse=True):
        known = [one.p99_ms for one in within if one.p99_ms is not None]
        rows.append(
            MinuteRow(
                at_ms=minute * MINUTE_MS,
                live=within[-1].live,
                silent=within[-1].silent,
                starts=words.rate(sum(one.starts_a_second for one in within) / len(within)),
                saves=words.rate(sum(one.saves_a_second for one in within) / len(within)),
                p99=words.milliseconds(max(known, default=None)),
            )
        )
    return tuple(rows)
