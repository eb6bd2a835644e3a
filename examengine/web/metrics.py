"""``/metrics``: what the wall shows of the engine, in Prometheus' text form.

Reachable from this machine without a proxy, or by whoever knows the token of the settings. Counts are by worker, so
that one that begins anew does not look like a loss.
"""

import hmac
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from examengine.monitoring.figures import BOUNDS_MS, Published
from examengine.monitoring.snapshot import Counts, Shown
from examengine.settings import is_loopback
from examengine.web.http import NotAllowed, now_of, services_of

FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")


async def metrics(request: Request) -> Response:
    """The figures of all workers, and the states of the newest snapshot."""
    if not _may_read(request):
        raise NotAllowed(404)
    services, now_ms = services_of(request), now_of(request)
    wall = services.wall
    queues = {"start": await services.starts.standing(), "sign_in": await services.sign_ins.standing()}
    figures = _Figures(await wall.workers(), await wall.shown(), queues, now_ms)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(figures)
    return PlainTextResponse(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})


ROUTES = [Route("/metrics", metrics)]


def _may_read(request: Request) -> bool:
    token = services_of(request).settings.metrics_token
    if token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    # a proxy on this machine speaks for the world
    is_direct = not any(name in request.headers for name in FORWARDED)
    return is_direct and request.client is not None and is_loopback(request.client.host)


class _Figures:
    """Collects once; registered with a registry of its own."""

    def __init__(
        self,
        workers: Iterable[Published],
        shown: Shown | None,
        queues: Mapping[str, tuple[int, float | None]],
        now_ms: int,
    ) -> None:
        self._workers = tuple(workers)
        self._shown = shown
        self._queues = queues
        self._now_ms = now_ms

    def collect(self) -> Iterable[Metric]:
        yield from self._of_workers()
        yield from self._of_queues()
        if self._shown is not None:
            yield from self._of_snapshot(self._shown)

    def _of_workers(self) -> Iterable[Metric]:
        starts = CounterMetricFamily("examengine_starts", "Attempts begun", labels=["worker"])
        refused = CounterMetricFamily("examengine_saves_refused", "Answers not acknowledged", labels=["worker"])
        pending = GaugeMetricFamily("examengine_saves_pending", "Answers under way", labels=["worker"])
        times = HistogramMetricFamily(
            "examengine_acknowledgement_seconds", "From an answer's arrival to its acknowledgement", labels=["worker"]
        )
        failing = GaugeMetricFamily(
            "examengine_failing", "What cannot be ended by a fault of ours", labels=["worker"]
        )
        for one in self._workers:
            name = [one.worker]
            starts.add_metric(name, one.starts)
            refused.add_metric(name, one.refused)
            pending.add_metric(name, one.pending)
            failing.add_metric(name, one.failing)
            times.add_metric(name, _buckets(one), one.waited_s)
        yield from (starts, refused, pending, times, failing)

    def _of_queues(self) -> Iterable[Metric]:
        waiting = GaugeMetricFamily("examengine_queue", "Who waits his turn", labels=["queue"])
        rates = GaugeMetricFamily("examengine_let_in_per_second", "Let in at most, where limited", labels=["queue"])
        for name, (count, a_second) in self._queues.items():
            waiting.add_metric([name], count)
            if a_second is not None:
                rates.add_metric([name], a_second)
        yield from (waiting, rates)

    def _of_snapshot(self, shown: Shown) -> Iterable[Metric]:
        snapshot, now_ms = shown.snapshot, self._now_ms
        states = GaugeMetricFamily("examengine_candidates", "Candidates by exam and state", labels=["exam", "state"])
        for exam_id, counts in shown.counts(now_ms, lambda _place: True, lambda place: place.exam_id).items():
            for state, count in _states(counts):
                states.add_metric([str(exam_id), state], count)
        yield states
        for name, told, value in (
            ("snapshot_age", "Seconds since the wall was drawn", (now_ms - snapshot.at_ms) / 1000),
            ("unshipped_lines", "Journal lines that are not in SQL", snapshot.unshipped),
            ("unshipped_age", "Seconds that the oldest of these lines waits", _age(snapshot.unshipped_ms, now_ms)),
            ("sweeper_lag", "Seconds that the attempt due first waits", _age(snapshot.due_ms, snapshot.at_ms)),
            ("shut_slots", "Slots that are being rebuilt", snapshot.shut),
            ("waiting_cases", "Attempts that wait for a person", snapshot.cases),
        ):
            unit = "_seconds" if told.startswith("Seconds") else ""
            yield GaugeMetricFamily(f"examengine_{name}{unit}", told, value=value)


def _buckets(one: Published) -> list[tuple[str, float]]:
    below, found = 0, []
    for bound, count in zip([*(f"{ms / 1000:g}" for ms in BOUNDS_MS), "+Inf"], one.acknowledged, strict=True):
        below += count
        found.append((bound, float(below)))
    return found


def _states(counts: Counts) -> Iterable[tuple[str, int]]:
    yield "not_started", counts.not_started
    yield "writing", counts.writing
    yield "silent", counts.silent
    yield "trouble", counts.trouble
    yield "handed_in_today", counts.handed_in
    yield "expired_today", counts.expired


def _age(since_ms: int | None, now_ms: int) -> float:
    return 0.0 if since_ms is None else max(0, now_ms - since_ms) / 1000
