"""Opened, pushed to, closed, reopened, settled."""

import pytest

from examengine.live import CloseReason, Desk, Operation
from tests.live.builders import (
    ATTEMPT,
    DEADLINE_MS,
    LOOK_MS,
    OWNER,
    a_page_of,
    a_running_sitting,
    answer,
    deadline,
    flag,
    opening,
)

NOW_MS = DEADLINE_MS - 1_800_000
SLOT = ATTEMPT % 64


async def test_opening_twice_changes_nothing(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 1, "a"), NOW_MS)

    told = await desk.open(opening(), NOW_MS + 5)

    assert (told.word, told.epoch) == ("already", 1)
    assert (await desk.read(ATTEMPT, NOW_MS)).given == {1: "a"}


async def test_a_higher_generation_replaces_and_a_lower_one_does_not(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 1, "a"), NOW_MS)

    assert (await desk.open(opening(generation=3), NOW_MS)).word == "opened"
    assert (await desk.open(opening(generation=2), NOW_MS)).word == "already"

    after = await desk.read(ATTEMPT, NOW_MS)
    assert (after.generation, after.given, after.epoch) == (3, {}, 0)
    assert (await desk.save(pen, answer(2, 1, "b"), NOW_MS)).word == "stale_generation"
    last = (await desk._calls.command("LRANGE", f"{{{SLOT:02d}}}:lines", 0, -1))[-1]
    assert last == b"%d 3 0 " % ATTEMPT + after.journal[0]


async def test_a_claim_answers_all_that_a_page_is_drawn_from(desk: Desk) -> None:
    pen = await a_running_sitting(desk, items=20)
    await desk.save(pen, answer(1, 3, "bc"), NOW_MS)
    await desk.save(pen, flag(2, 4), NOW_MS)

    page = await desk.claim(ATTEMPT, OWNER, 1, "next", "test", NOW_MS + 7)

    assert (page.word, page.epoch, page.page_id, page.items, page.owner_id) == ("claimed", 2, "next", 20, OWNER)
    assert (page.pen_since_ms, page.seen_ms, page.sequence) == (NOW_MS + 7, NOW_MS + 7, 0)
    assert page.given == {3: "bc"}
    assert page.flags[4].value == "1"
    assert (page.left_ms, page.generation) == (1_799_993, 1)


async def test_a_newer_signed_session_is_let_in_and_shuts_out_the_older(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    assert (await desk.claim(ATTEMPT, OWNER, 2, "x", "test", NOW_MS)).word == "claimed"
    assert (await desk.pulse(pen, NOW_MS)).word == "revoked"


async def test_a_pushed_session_version_revokes_at_once(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    assert (await desk.push(ATTEMPT, 1, NOW_MS, session_version=2)).word == "pushed"
    assert (await desk.push(ATTEMPT, 1, NOW_MS, session_version=2)).word == "already"
    assert (await desk.save(pen, answer(1, 1, "a"), NOW_MS)).word == "revoked"
    assert (await desk.claim(ATTEMPT, OWNER, 1, "x", "test", NOW_MS)).word == "revoked"


async def test_a_pushed_deadline_counts_once_whatever_the_order(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    later = deadline(DEADLINE_MS + 600_000, version=3, reason="extra_time")
    assert (await desk.push(ATTEMPT, 1, NOW_MS, deadline=later)).word == "pushed"
    assert (
        await desk.push(ATTEMPT, 1, NOW_MS, deadline=deadline(DEADLINE_MS + 300_000, version=2))
    ).word == "already"
    assert (await desk.push(ATTEMPT, 1, NOW_MS, deadline=later)).word == "already"

    told = await desk.save(pen, answer(1, 1, "a"), DEADLINE_MS + 599_999)
    assert (told.word, told.deadline_reason, told.left_ms) == ("saved", "extra_time", 1)
    assert (await desk.read(ATTEMPT, NOW_MS)).deadline_version == 3
    assert (await desk.save(pen, answer(2, 1, "b"), DEADLINE_MS + 600_000)).word == "too_late"
    assert await desk.due(SLOT, DEADLINE_MS + 600_000 + LOOK_MS - 1) == []
    assert await desk.due(SLOT, DEADLINE_MS + 600_000 + LOOK_MS) == [ATTEMPT]


async def test_a_pushed_deadline_keeps_the_look_at_a_left_page(desk: Desk) -> None:
    pen = await a_running_sitting(desk, leave_grace_ms=30_000)
    await desk.leave(pen, 1, NOW_MS)
    await desk.push(ATTEMPT, 1, NOW_MS, deadline=deadline(DEADLINE_MS + 1, version=2))
    assert await desk.due(SLOT, NOW_MS + 30_000) == [ATTEMPT]


async def test_the_first_reason_wins_and_the_second_close_hears_it(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 2, "c"), NOW_MS)

    first = await desk.hand_in(pen, CloseReason.HAND_IN, NOW_MS + 1)
    second = await desk.close(ATTEMPT, 1, CloseReason.DEADLINE, DEADLINE_MS, DEADLINE_MS + 40_000)
    third = await desk.hand_in(pen, CloseReason.GIVE_UP, NOW_MS + 9)

    assert (first.word, first.given, first.closing) == ("closing", {2: "c"}, 1)
    for told in (second, third):
        assert (told.word, told.close_reason, told.closed_at_ms) == ("closed", "hand_in", NOW_MS + 1)
        assert told.given == {2: "c"}
        assert told.journal == first.journal
    assert first.journal[-1] == f"z {NOW_MS + 1} hand_in {NOW_MS + 1}".encode()


async def test_nothing_is_written_once_closing(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 2, "c"), NOW_MS)
    await desk.hand_in(pen, CloseReason.HAND_IN, NOW_MS)

    told = await desk.save(pen, answer(2, 2, "d"), NOW_MS)

    assert (told.word, told.close_reason, told.closed_at_ms) == ("closed", "hand_in", NOW_MS)
    for word in (
        (await desk.pulse(pen, NOW_MS)).word,
        (await desk.leave(pen, 3, NOW_MS)).word,
        (await desk.claim(ATTEMPT, OWNER, 1, "x", "test", NOW_MS)).word,
        (await desk.knock(pen, 30_000, DEADLINE_MS)).word,
    ):
        assert word == "closed"
    assert (await desk.read(ATTEMPT, NOW_MS)).given == {2: "c"}


async def test_a_sweeper_closes_none_whose_deadline_has_moved(desk: Desk) -> None:
    await a_running_sitting(desk)
    await desk.push(ATTEMPT, 1, NOW_MS, deadline=deadline(DEADLINE_MS + 1, version=2))

    async def close(due_ms: int) -> str:
        told = await desk.close(ATTEMPT, 1, CloseReason.DEADLINE, due_ms, DEADLINE_MS + 40_000, only_if_due_ms=due_ms)
        return told.word

    assert await close(DEADLINE_MS) == "moved"
    assert (await desk.read(ATTEMPT, NOW_MS)).state == "running"
    # The caller's deadline is SQL's: an earlier one here does not hold it up.
    assert await close(DEADLINE_MS + 2) == "closing"


@pytest.mark.parametrize("generation", [0, 2])
async def test_a_close_of_another_generation_closes_nothing(desk: Desk, generation: int) -> None:
    await a_running_sitting(desk)
    told = await desk.close(ATTEMPT, generation, CloseReason.VOID, NOW_MS, NOW_MS)
    assert (told.word, told.generation) == ("stale_generation", 1)
    assert (await desk.read(ATTEMPT, NOW_MS)).state == "running"


async def test_a_finish_that_meets_a_moved_deadline_lets_the_sitting_run_again(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 1, "a"), NOW_MS)
    closed = await desk.close(ATTEMPT, 1, CloseReason.DEADLINE, DEADLINE_MS, DEADLINE_MS + 40_000)
    moved = deadline(DEADLINE_MS + 600_000, version=2, reason="extra_time")

    told = await desk.reopen(ATTEMPT, 1, closed.closing, moved, DEADLINE_MS + 40_001)

    assert (told.word, told.state, told.close_reason, told.deadline_ms) == (
        "reopened",
        "running",
        "",
        DEADLINE_MS + 600_000,
    )
    assert (await desk.save(pen, answer(2, 1, "b"), DEADLINE_MS + 50_000)).word == "saved"
    assert (await desk.reopen(ATTEMPT, 1, closed.closing, moved, DEADLINE_MS + 50_000)).word == "already"


async def test_a_reopening_undoes_only_the_closing_it_is_about(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    first = await desk.close(ATTEMPT, 1, CloseReason.DEADLINE, NOW_MS, NOW_MS)
    await desk.reopen(ATTEMPT, 1, first.closing, deadline(version=2), NOW_MS)
    handed_in = await desk.hand_in(pen, CloseReason.HAND_IN, NOW_MS + 5)

    told = await desk.reopen(ATTEMPT, 1, first.closing, deadline(version=2), NOW_MS + 6)

    assert (handed_in.word, told.word, told.close_reason) == ("closing", "superseded", "hand_in")


async def test_a_tombstone_tells_how_it_ended_for_a_day(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 1, "a"), NOW_MS)
    await desk.hand_in(pen, CloseReason.HAND_IN, NOW_MS)

    assert (await desk.settle(ATTEMPT, 1, CloseReason.VOID, 1, "submitted:8650", NOW_MS)).word == "settled"
    assert (await desk.settle(ATTEMPT, 1, CloseReason.VOID, 1, "other", NOW_MS)).word == "already"

    late = await desk.save(pen, answer(2, 1, "b"), NOW_MS)
    assert (late.word, late.state, late.close_reason, late.outcome) == (
        "closed",
        "closed",
        "hand_in",
        "submitted:8650",
    )
    assert late.kept is None
    again = await desk.hand_in(pen, CloseReason.HAND_IN, NOW_MS)
    assert (again.word, again.outcome, again.journal) == ("closed", "submitted:8650", ())
    assert (await desk.open(opening(), NOW_MS)).word == "already"
    assert (await desk.push(ATTEMPT, 1, NOW_MS, deadline=deadline(version=9))).word == "closed"
    assert (await desk.reopen(ATTEMPT, 1, 1, deadline(version=9), NOW_MS)).word == "closed"
    left_ms = await desk._calls.command("PTTL", f"{{{SLOT:02d}}}:sitting:{ATTEMPT}")
    assert 24 * 3_600_000 - 60_000 < left_ms <= 24 * 3_600_000
    keys = sorted(await desk._calls.command("KEYS", "*"))
    assert keys == [f"{{{SLOT:02d}}}:lines".encode(), f"{{{SLOT:02d}}}:sitting:{ATTEMPT}".encode()]


async def test_settling_what_nothing_had_closed_takes_the_reason_given(desk: Desk) -> None:
    await a_running_sitting(desk)
    told = await desk.settle(ATTEMPT, 1, CloseReason.VOID, NOW_MS - 3, "void", NOW_MS)
    assert (told.word, told.close_reason, told.closed_at_ms) == ("settled", "void", NOW_MS - 3)


async def test_what_is_not_here_is_absent(desk: Desk) -> None:
    assert (await desk.read(5, NOW_MS)).word == "absent"
    assert (await desk.close(5, 1, CloseReason.VOID, NOW_MS, NOW_MS)).word == "absent"
    assert (await desk.settle(5, 1, CloseReason.VOID, 1, "void", NOW_MS)).word == "absent"
    assert (await desk.push(5, 1, NOW_MS, session_version=3)).word == "absent"
    assert (await desk.reopen(5, 1, 1, deadline(), NOW_MS)).word == "absent"
    assert await desk._calls.command("KEYS", "*") == []


async def test_a_late_hand_in_that_knocks_is_seen_by_the_close_that_follows(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    assert (await desk.hand_in(pen, CloseReason.HAND_IN, DEADLINE_MS)).word == "too_late"
    assert (await desk.knock(pen, 30_000, DEADLINE_MS + 29_999)).word == "knocked"
    closed = await desk.close(
        ATTEMPT, 1, CloseReason.DEADLINE, DEADLINE_MS, DEADLINE_MS + 32_000, only_if_due_ms=DEADLINE_MS
    )
    assert (closed.word, closed.seen_ms) == ("closing", DEADLINE_MS + 29_999)


async def test_a_knock_comes_from_whatever_page_of_the_candidate(desk: Desk) -> None:
    old = await a_running_sitting(desk)
    await a_page_of(desk, NOW_MS)
    assert (await desk.knock(old, 30_000, DEADLINE_MS)).word == "knocked"


async def test_every_line_waits_to_be_shipped_with_whose_and_which_it_is(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 1, "a"), NOW_MS)
    await desk.save_form(pen, {2: "b", 3: "c"}, {4: "1"}, NOW_MS)
    journal = (await desk.read(ATTEMPT, NOW_MS)).journal
    assert len(journal) == 6
    waits = await desk._calls.command("LRANGE", f"{{{SLOT:02d}}}:lines", 0, -1)
    assert waits == [b"%d 1 %d %s" % (ATTEMPT, number, line) for number, line in enumerate(journal)]


async def test_a_hundred_items_stay_in_redis_compact_form(desk: Desk) -> None:
    pen = await a_running_sitting(desk, items=100)
    for position in range(1, 101):
        await desk.save(pen, Operation(position, "a", position, 0, "abcdefgh"), NOW_MS)
    kind = await desk._calls.command("OBJECT", "ENCODING", f"{{{SLOT:02d}}}:sitting:{ATTEMPT}")
    assert kind in (b"listpack", b"ziplist")


@pytest.mark.parametrize("name", ["a b", "x" * 65, "line\nbreak"])
async def test_names_that_would_break_a_journal_line_are_refused(desk: Desk, name: str) -> None:
    with pytest.raises(ValueError, match="too long, or with spaces"):
        await desk.claim(ATTEMPT, OWNER, 1, name, "test", NOW_MS)
