"""Answers and flags: what orders them, who may write them, what is told."""

import pytest

from examengine.banks.responses import VALUE_BYTES
from examengine.live import CloseReason, Desk, Operation, Pen
from examengine.live.journal import long_bytes_of
from examengine.records.archives import MAX_JOURNAL_BYTES
from tests.live.builders import ATTEMPT, DEADLINE_MS, OWNER, a_page_of, a_running_sitting, answer, flag

NOW_MS = DEADLINE_MS - 1_800_000


async def test_a_saved_answer_tells_all_that_a_pulse_would(desk: Desk) -> None:
    pen = await a_running_sitting(desk)

    told = await desk.save(pen, answer(1, 7, "bd"), NOW_MS)

    assert (told.word, told.is_kept, told.revision, told.epoch) == ("saved", True, 1, 1)
    assert (told.at_ms, told.deadline_ms, told.left_ms) == (NOW_MS, DEADLINE_MS, 1_800_000)
    assert (told.deadline_reason, told.state, told.focus_losses) == ("time_limit", "running", 0)
    assert (await desk.read(ATTEMPT, NOW_MS)).seen_ms == NOW_MS
    assert told.kept is not None
    assert (told.kept.value, told.kept.revision, told.kept.mark, told.kept.at_ms) == ("bd", 1, (1, 1), NOW_MS)


async def test_a_repeated_operation_is_a_success_and_writes_nothing_but_that_the_page_is_there(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 7, "b"), NOW_MS)
    before = await desk.read(ATTEMPT, NOW_MS)

    told = await desk.save(pen, answer(1, 7, "b"), NOW_MS + 5)

    assert (told.word, told.is_kept, told.revision) == ("repeated", True, 1)
    after = await desk.read(ATTEMPT, NOW_MS)
    assert after.answers == before.answers
    assert after.journal == (*before.journal, f"p {NOW_MS + 5} 1.0".encode())
    assert after.seen_ms == NOW_MS + 5


async def test_an_operation_that_repeats_the_number_with_another_value_is_not_told_that_it_was_saved(
    desk: Desk,
) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 7, "b"), NOW_MS)

    told = await desk.save(pen, answer(1, 7, "c"), NOW_MS)

    assert (told.word, told.is_kept) == ("superseded", False)
    assert told.kept is not None
    assert told.kept.value == "b"


async def test_an_old_operation_arriving_after_a_newer_one_was_acknowledged_is_superseded(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(5, 7, "c"), NOW_MS)

    # Its stamp is later: what orders is the sequence, never the time.
    told = await desk.save(pen, answer(4, 7, "a"), NOW_MS + 1_000)

    assert (told.word, told.is_kept) == ("superseded", False)
    assert (await desk.read(ATTEMPT, NOW_MS)).given == {7: "c"}


async def test_operations_on_different_items_may_arrive_in_any_order(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(5, 7, "c"), NOW_MS)
    assert (await desk.save(pen, answer(4, 8, "a"), NOW_MS)).word == "saved"
    assert (await desk.save(pen, flag(3, 7), NOW_MS)).word == "saved"

    after = await desk.read(ATTEMPT, NOW_MS)
    assert after.given == {7: "c", 8: "a"}
    assert after.flags[7].value == "1"
    assert after.sequence == 5


async def test_a_stamp_that_goes_backwards_moves_no_sign_of_life_back(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 1, "a"), NOW_MS)
    told = await desk.save(pen, answer(2, 2, "a"), NOW_MS - 2_000)
    assert (told.word, told.at_ms) == ("saved", NOW_MS - 2_000)
    assert (await desk.read(ATTEMPT, NOW_MS)).seen_ms == NOW_MS


async def test_a_cleared_answer_is_kept_as_cleared(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 7, "c"), NOW_MS)
    await desk.save(pen, answer(3, 7, ""), NOW_MS)
    assert (await desk.save(pen, answer(2, 7, "d"), NOW_MS)).word == "superseded"

    after = await desk.read(ATTEMPT, NOW_MS)
    assert after.given == {}
    assert after.answers[7].value == ""


async def test_the_newest_page_takes_the_pen_and_the_older_hears_since_when(desk: Desk) -> None:
    first = await a_running_sitting(desk)
    await desk.save(first, answer(1, 1, "a"), NOW_MS)
    second = await a_page_of(desk, NOW_MS + 1_000, page="second")
    await desk.save(second, answer(1, 1, "b"), NOW_MS + 4_000)

    told = await desk.save(first, answer(2, 1, "c"), NOW_MS + 9_000)

    assert (told.word, told.epoch, told.pen_since_ms, told.seen_ago_ms) == ("pen_lost", 2, NOW_MS + 1_000, 5_000)
    assert told.kept is not None
    assert told.kept.value == "b"
    assert (await desk.pulse(first, NOW_MS + 9_000)).word == "pen_lost"
    assert (await desk.hand_in(first, CloseReason.HAND_IN, NOW_MS + 9_000)).word == "pen_lost"
    after = await desk.read(ATTEMPT, NOW_MS + 9_000)
    assert after.given == {1: "b"}
    assert after.seen_ms == NOW_MS + 4_000


async def test_the_older_page_can_take_the_pen_back_and_starts_its_sequence_anew(desk: Desk) -> None:
    first = await a_running_sitting(desk)
    await desk.save(first, answer(8, 1, "a"), NOW_MS)
    second = await a_page_of(desk, NOW_MS, page="second")
    await desk.save(second, answer(1, 1, "b"), NOW_MS)
    again = await a_page_of(desk, NOW_MS, page="first")

    assert (await desk.save(again, answer(1, 1, "c"), NOW_MS)).word == "saved"
    assert (await desk.save(second, answer(2, 1, "d"), NOW_MS)).word == "pen_lost"
    assert (await desk.read(ATTEMPT, NOW_MS)).given == {1: "c"}


async def test_an_older_page_whose_answer_was_written_learns_that_it_was(desk: Desk) -> None:
    first = await a_running_sitting(desk)
    await desk.save(first, answer(1, 1, "a"), NOW_MS)
    await a_page_of(desk, NOW_MS, page="second")

    told = await desk.save(first, answer(1, 1, "a"), NOW_MS)

    assert (told.word, told.is_kept) == ("pen_lost", True)


async def test_an_answer_written_in_time_and_repeated_too_late_is_known_as_kept(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 1, "a"), DEADLINE_MS - 1)

    told = await desk.save(pen, answer(1, 1, "a"), DEADLINE_MS + 20)

    assert (told.word, told.is_kept) == ("too_late", True)


@pytest.mark.parametrize("position", [0, 51, 10**9])
async def test_an_item_that_the_paper_does_not_have_is_out_of_range(desk: Desk, position: int) -> None:
    pen = await a_running_sitting(desk, items=50)
    assert (await desk.save(pen, answer(1, position, "a"), NOW_MS)).word == "out_of_range"
    assert (await desk.read(ATTEMPT, NOW_MS)).answers == {}


async def test_the_last_item_is_in_range(desk: Desk) -> None:
    pen = await a_running_sitting(desk, items=50)
    assert (await desk.save(pen, answer(1, 50, "a"), NOW_MS)).word == "saved"


@pytest.mark.parametrize(
    ("stranger", "word"),
    [
        (Pen(ATTEMPT, OWNER + 1, 1, 1, 1), "not_owner"),
        (Pen(ATTEMPT, OWNER, 0, 1, 1), "revoked"),
        (Pen(ATTEMPT + 64, OWNER, 1, 1, 1), "absent"),
    ],
)
async def test_who_has_no_business_here_is_told_nothing(desk: Desk, stranger: Pen, word: str) -> None:
    await a_running_sitting(desk)
    for told in (
        await desk.save(stranger, answer(1, 1, "a"), NOW_MS),
        await desk.save_form(stranger, {1: "a"}, {}, NOW_MS),
        await desk.pulse(stranger, NOW_MS),
        await desk.leave(stranger, 1, NOW_MS),
        await desk.hand_in(stranger, CloseReason.GIVE_UP, NOW_MS),
        await desk.knock(stranger, 30_000, DEADLINE_MS),
        await desk.claim(stranger.attempt_id, stranger.owner_id, stranger.session_version, "x", "test", NOW_MS),
    ):
        assert (told.word, told.deadline_ms, told.epoch, told.state) == (word, 0, 0, "")
    after = await desk.read(ATTEMPT, NOW_MS)
    assert (after.given, after.epoch, after.state) == ({}, 1, "running")


async def test_a_page_of_an_earlier_generation_writes_nothing(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    stale = Pen(ATTEMPT, OWNER, 1, 0, pen.epoch)
    assert (await desk.save(stale, answer(1, 1, "a"), NOW_MS)).word == "stale_generation"
    assert (await desk.hand_in(stale, CloseReason.HAND_IN, NOW_MS)).word == "stale_generation"


async def test_fifty_answers_and_flags_in_one_form(desk: Desk) -> None:
    pen = await a_running_sitting(desk, items=50)
    marked = {position: "abcd"[position % 4] for position in range(1, 51)}

    told = await desk.save_form(pen, marked, {3: "1", 4: ""}, NOW_MS)

    assert (told.word, told.written) == ("saved", 51)
    after = await desk.read(ATTEMPT, NOW_MS)
    assert after.given == marked
    assert {position: kept.value for position, kept in after.flags.items()} == {3: "1"}


async def test_a_form_writes_only_what_differs_and_comes_after_all_its_page_has_sent(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(40, 1, "a"), NOW_MS)
    await desk.save(pen, answer(41, 2, "b"), NOW_MS)

    told = await desk.save_form(pen, {1: "a", 2: "", 3: "c"}, {}, NOW_MS)
    again = await desk.save_form(pen, {1: "a", 2: "", 3: "d"}, {}, NOW_MS)

    assert (told.written, told.revision) == (2, 4)
    assert (again.word, again.written) == ("saved", 1)
    assert (await desk.read(ATTEMPT, NOW_MS)).given == {1: "a", 3: "d"}


async def test_a_form_with_an_item_out_of_range_writes_nothing_at_all(desk: Desk) -> None:
    pen = await a_running_sitting(desk, items=2)
    assert (await desk.save_form(pen, {1: "a", 3: "b"}, {}, NOW_MS)).word == "out_of_range"
    assert (await desk.read(ATTEMPT, NOW_MS)).answers == {}


async def test_an_empty_form_is_still_a_sign_of_life(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    told = await desk.save_form(pen, {}, {}, NOW_MS)
    assert (told.word, told.written, told.seen_ms) == ("saved", 0, NOW_MS)


async def test_a_sitting_takes_no_more_than_twenty_thousand_changes(desk: Desk) -> None:
    pen = await a_running_sitting(desk, items=250)
    last = None
    for turn in range(81):
        form = dict.fromkeys(range(1, 251), "ab"[turn % 2])
        last = await desk.save_form(pen, form, {}, NOW_MS)
    assert last is not None
    assert (last.word, last.revision) == ("too_many", 20_000)
    assert (await desk.save(pen, answer(999, 1, "c"), NOW_MS)).word == "too_many"


@pytest.mark.parametrize(
    ("sequence", "kind", "value"),
    [
        (0, "a", "a"),
        (-1, "a", "a"),
        (2**60, "a", "a"),
        (1, "x", "a"),
        (1, "f", "1" * 65),
        (1, "a", "a" * (VALUE_BYTES + 1)),
    ],
)
def test_an_operation_out_of_bounds_cannot_be_made(sequence: int, kind: str, value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 – which bound is in the text
        Operation(sequence, kind, 1, 0, value)


@pytest.mark.parametrize("octets", [64, 65, VALUE_BYTES])
async def test_a_value_in_any_script_comes_back_as_it_went(desk: Desk, octets: int) -> None:
    pen = await a_running_sitting(desk)
    value = "正确 \n" * (octets // 8) + "a" * (octets % 8)
    assert len(value.encode()) == octets
    told = await desk.save(pen, answer(1, 1, value), NOW_MS)
    assert told.is_kept
    assert (await desk.read(ATTEMPT, NOW_MS)).given == {1: value}


LONG_IN_ALL = 1_572_864


async def test_the_journal_takes_long_texts_up_to_a_bound_and_letters_beyond_it(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    octets, sequence, told = 16_384, 0, None
    while sequence < LONG_IN_ALL // octets:
        sequence += 1
        told = await desk.save(pen, answer(sequence, 1, "ab"[sequence % 2] * octets), NOW_MS)
        assert told.word == "saved"
    assert told is not None
    kept = told.kept
    for extra in (65, octets):
        told = await desk.save(pen, answer(sequence + 1, 1, "c" * extra), NOW_MS)
        assert (told.word, told.kept) == ("too_many", kept)
    assert (await desk.save_form(pen, {1: "d" * 65, 2: "e"}, {}, NOW_MS)).word == "too_many"
    assert (await desk.save(pen, answer(sequence + 1, 2, "f" * 64), NOW_MS)).word == "saved"
    sitting = await desk.read(ATTEMPT, NOW_MS)
    assert long_bytes_of(sitting.journal) == LONG_IN_ALL
    assert len(b"\n".join(sitting.journal)) < MAX_JOURNAL_BYTES


async def test_a_form_counts_its_long_texts_too_and_an_older_page_s_side_entries(desk: Desk) -> None:
    old = await a_running_sitting(desk)
    pen = await a_page_of(desk, NOW_MS)
    assert (await desk.save_form(pen, {1: "a" * 100, 2: "b" * 64, 3: "c" * 200}, {}, NOW_MS)).written == 3
    assert (await desk.save(old, answer(1, 4, "d" * 300), NOW_MS)).word == "pen_lost"
    assert long_bytes_of((await desk.read(ATTEMPT, NOW_MS)).journal) == 600
