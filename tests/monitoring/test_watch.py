"""Who lives, who fell silent: counted from signs of life, by values alone."""

import random

import pytest

from examengine.live.wall import CLOSED, CLOSING, NONE, OPENING, RUNNING, Sign
from examengine.monitoring.watch import BUCKET_MS, LOOK_MS, SILENT_MS, UNKNOWN, Kind, Watch
from examengine.records.wall import Place

AT_MS = 1_780_000_000_000
HOUR_MS = 3_600_000
SCHOOL = Place(1, "450702", "第一中学")
SLOT = 7


def sign(seen_ms: int, state: int = RUNNING, deadline_ms: int = AT_MS + HOUR_MS, since_ms: int = 0) -> Sign:
    return (state, float(seen_ms), float(deadline_ms), float(since_ms))


def a_watch(*attempt_ids: int, counted_until_ms: int = 0) -> Watch:
    watch = Watch(counted_until_ms)
    assert watch.unknown(SLOT, attempt_ids) == sorted(attempt_ids)
    for attempt_id in attempt_ids:
        watch.put(attempt_id, SCHOOL, AT_MS)
    return watch


def looked(watch: Watch, now_ms: int, *signs: Sign) -> list[int]:
    """Look at whoever is due; each is found with the sign of the same place."""
    due = watch.due(SLOT, now_ms)
    watch.seen(SLOT, due, signs[: len(due)], now_ms)
    return due


def silent(watch: Watch) -> list[int]:
    return sorted(one.attempt_id for one in watch.listed if one.kind is Kind.RUNNING)


@pytest.mark.parametrize(("age_ms", "is_silent"), [(SILENT_MS - 1, False), (SILENT_MS, False), (SILENT_MS + 1, True)])
def test_silence_begins_after_a_minute(age_ms: int, is_silent: bool) -> None:
    watch = a_watch(7)
    looked(watch, AT_MS, sign(AT_MS - age_ms))
    assert silent(watch) == [7] * is_silent
    assert watch.take_fallen()[0].total() == is_silent


def test_who_was_heard_lately_is_not_looked_at_before_the_next_pulse_must_have_come() -> None:
    watch = a_watch(7)
    assert looked(watch, AT_MS, sign(AT_MS - 10_000)) == [7]
    assert looked(watch, AT_MS + LOOK_MS - 11_000) == []
    assert looked(watch, AT_MS + LOOK_MS - 10_000, sign(AT_MS + 30_000)) == [7]
    assert silent(watch) == []


def test_who_fell_silent_is_counted_once_for_every_time() -> None:
    watch = a_watch(7)
    fell_ms = AT_MS - SILENT_MS - 1
    looked(watch, AT_MS, sign(fell_ms))
    looked(watch, AT_MS + BUCKET_MS, sign(fell_ms))
    by_place, by_slot = watch.take_fallen()
    instant_ms = fell_ms // BUCKET_MS * BUCKET_MS
    assert by_place == {(instant_ms, 1, "450702"): 1}
    assert by_slot == {(instant_ms, SLOT): 1}

    looked(watch, AT_MS + 2 * BUCKET_MS, sign(AT_MS + 2 * BUCKET_MS))
    assert silent(watch) == []
    later_ms = AT_MS + 2 * BUCKET_MS + SILENT_MS + BUCKET_MS
    looked(watch, later_ms, sign(AT_MS + 2 * BUCKET_MS))
    assert silent(watch) == [7]
    assert watch.take_fallen()[0].total() == 1


def test_a_new_collector_does_not_count_again_what_the_last_one_has_counted() -> None:
    watch = a_watch(7, 71, counted_until_ms=AT_MS)
    looked(watch, AT_MS + 5_000, sign(AT_MS - SILENT_MS), sign(AT_MS - SILENT_MS + 1))
    assert silent(watch) == [7, 71]
    assert watch.take_fallen()[0].total() == 1


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (sign(AT_MS, OPENING), Kind.OPENING),
        (sign(AT_MS, since_ms=AT_MS - 1), Kind.LEFT),
        (sign(AT_MS, deadline_ms=AT_MS + 1), Kind.RUNNING),
        (sign(AT_MS, deadline_ms=AT_MS), Kind.ENDING),
        (sign(AT_MS, deadline_ms=AT_MS - 60_000), Kind.ENDING),
        (sign(AT_MS, deadline_ms=AT_MS - 60_001), Kind.OVERDUE),
        (sign(AT_MS, CLOSING, since_ms=AT_MS - 30_000), Kind.ENDING),
        (sign(AT_MS, CLOSING, since_ms=AT_MS - 30_001), Kind.CLOSING),
    ],
)
def test_what_a_sitting_counts_as(found: Sign, kind: Kind) -> None:
    watch = a_watch(7)
    looked(watch, AT_MS, found)
    [group] = watch.groups.values()
    assert group.live == 1
    assert group.kinds == ({kind: 1} if kind is not Kind.RUNNING else {})


@pytest.mark.parametrize("state", [NONE, CLOSED])
def test_who_has_ended_is_forgotten(state: int) -> None:
    watch = a_watch(7)
    looked(watch, AT_MS, sign(AT_MS - 2 * SILENT_MS))
    looked(watch, AT_MS + BUCKET_MS, sign(0, state))
    assert (watch.live, watch.groups, silent(watch)) == (0, {}, [])


def test_who_is_no_member_any_more_is_forgotten_and_may_come_again() -> None:
    watch = a_watch(7, 71)
    looked(watch, AT_MS, sign(AT_MS), sign(AT_MS))
    assert watch.unknown(SLOT, [7]) == []
    assert watch.live == 1
    assert watch.unknown(SLOT, [7, 71]) == [71]
    watch.put(71, SCHOOL, AT_MS + 1000)
    assert watch.live == 2
    assert watch.due(SLOT, AT_MS + 1000) == [71]


def test_an_entry_of_before_is_no_second_look() -> None:
    """71 is forgotten while its next look is noted, and comes again: it must not be looked at twice for ever."""
    watch = a_watch(71)
    looked(watch, AT_MS, sign(AT_MS))
    watch.unknown(SLOT, [])
    watch.unknown(SLOT, [71])
    watch.put(71, SCHOOL, AT_MS + 1000)
    assert looked(watch, AT_MS + 1000, sign(AT_MS + 1000)) == [71]
    assert watch.due(SLOT, AT_MS + LOOK_MS) == []
    assert watch.due(SLOT, AT_MS + LOOK_MS + 1000) == [71]


def test_who_could_not_be_looked_at_is_due_again() -> None:
    watch = a_watch(7)
    assert watch.due(SLOT, AT_MS) == [7]
    watch.later(SLOT, [7], AT_MS)
    assert watch.due(SLOT, AT_MS) == []
    assert watch.due(SLOT, AT_MS + 1000) == [7]


def test_a_place_that_is_learned_later_takes_the_counts_along() -> None:
    watch = Watch()
    watch.unknown(SLOT, [7])
    watch.put(7, UNKNOWN, AT_MS)
    watch.move(7, SCHOOL)
    assert [watch.places[number] for number in watch.groups] == [SCHOOL]


def test_who_has_been_silent_for_long_is_looked_at_less_often() -> None:
    watch = a_watch(7)
    looked(watch, AT_MS, sign(AT_MS - 20 * 60_000))
    assert watch.due(SLOT, AT_MS + 29_000) == []
    assert watch.due(SLOT, AT_MS + 30_000) == [7]


def test_whatever_came_before_the_counts_are_those_of_the_last_look() -> None:
    chance = random.Random(7)
    ids = [SLOT + 64 * number for number in range(40)]
    watch, now_ms = a_watch(*ids), AT_MS
    for _ in range(60):
        now_ms += chance.choice([0, 1, 4_000, 50_000])
        states = chance.choices([RUNNING, CLOSING, OPENING], [20, 1, 1], k=len(ids))
        signs = [
            sign(now_ms - chance.randrange(70_000), state, now_ms + chance.randrange(-90_000, HOUR_MS), since_ms)
            for state, since_ms in zip(states, chance.choices([0, now_ms - 40_000], [9, 1], k=len(ids)), strict=True)
        ]
        watch.due(SLOT, now_ms + HOUR_MS)
        watch.seen(SLOT, ids, signs, now_ms)
        fresh = a_watch(*ids)
        fresh.seen(SLOT, ids, signs, now_ms)
        assert watch.groups == fresh.groups
        assert sorted(watch.listed, key=str) == sorted(fresh.listed, key=str)
