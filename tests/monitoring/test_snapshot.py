"""States are computed from the last sign of life when they are shown."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from examengine.live.wall import RUNNING
from examengine.monitoring.snapshot import AGES_S, MAX_LAG_MS, Counts, Shown, Snapshot, rows_of
from examengine.monitoring.watch import BUCKET_MS, SILENT_MS, Watch
from examengine.records.wall import Place

AT_MS = 1_780_000_000_000
PLACES = (Place(1, "450702", "第一中学"), Place(1, "450702", "第二中学"), Place(2, "450103", "市医院"))
SLACK_MS = 2 * BUCKET_MS
"""A bucket, and the width of a class of age."""


@dataclass
class Heard:
    age_ms: int
    place: Place


def shown_of(*heard: Heard) -> Shown:
    watch = Watch()
    ids = [64 * no for no in range(1, len(heard) + 1)]
    watch.unknown(0, ids)
    for attempt_id, one in zip(ids, heard, strict=True):
        watch.put(attempt_id, one.place, AT_MS)
    signs = [(RUNNING, float(AT_MS - one.age_ms), AT_MS + 3_600_000.0, 0.0) for one in heard]
    watch.seen(0, watch.due(0, AT_MS), signs, AT_MS)
    rows = rows_of(watch, {}, AT_MS)
    left = Snapshot(life="a", at_ms=AT_MS, round_ms=0, places=len(watch.places), rows=rows)
    return Shown(left, watch.places, ())


def counted(shown: Shown, now_ms: int) -> Counts:
    found = shown.counts(now_ms, lambda _place: True, lambda _place: None)
    return found.get(None, Counts())


@given(
    st.lists(st.integers(0, 40 * 60_000), max_size=20),
    st.integers(0, MAX_LAG_MS + 5_000),
)
def test_nobody_is_called_silent_too_early_nor_overlooked(ages_ms: list[int], passed_ms: int) -> None:
    shown = shown_of(*(Heard(age_ms, PLACES[0]) for age_ms in ages_ms))
    counts = counted(shown, AT_MS + passed_ms)
    lag_ms = passed_ms if passed_ms <= MAX_LAG_MS else 0
    at_most = sum(age_ms + lag_ms >= SILENT_MS for age_ms in ages_ms)
    at_least = sum(age_ms + lag_ms > SILENT_MS + SLACK_MS for age_ms in ages_ms)
    assert at_least <= counts.silent <= at_most
    assert counts.live == len(ages_ms)


def test_time_that_passes_after_the_snapshot_makes_silent() -> None:
    shown = shown_of(Heard(50_000, PLACES[0]))
    assert counted(shown, AT_MS).silent == 0
    assert counted(shown, AT_MS + 20_000).silent == 1


def test_an_old_snapshot_is_shown_as_of_its_own_time() -> None:
    """Pages were heard since of which it says nothing: nobody is called silent for that."""
    shown = shown_of(Heard(50_000, PLACES[0]))
    assert counted(shown, AT_MS + MAX_LAG_MS + 1).silent == 0
    assert not shown.is_stale(AT_MS + 30_000)
    assert shown.is_stale(AT_MS + 30_001)


def test_states_are_put_together_by_any_part_of_the_place() -> None:
    shown = shown_of(*(Heard(age_ms, place) for place in PLACES for age_ms in (1_000, 300_000)))
    by_region = shown.counts(AT_MS, lambda _place: True, lambda place: place.region)
    assert {key: (one.writing, one.silent) for key, one in by_region.items()} == {"450702": (2, 2), "450103": (1, 1)}
    only = shown.counts(AT_MS, lambda place: place.unit == "市医院", lambda place: place.exam_id)
    assert {key: one.live for key, one in only.items()} == {2: 2}


def test_the_classes_of_age_are_fine_where_a_minute_is_decided() -> None:
    """Whatever lag is made up for, a class begins within five seconds of the minute."""
    for lag_ms in range(0, MAX_LAG_MS + 1, 1000):
        begins_ms = next(age * 1000 for age in AGES_S if age * 1000 + lag_ms >= SILENT_MS)
        assert SILENT_MS <= begins_ms + lag_ms < SILENT_MS + 5_000
