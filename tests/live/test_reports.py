"""What a page says of itself: left, back, focus lost, still there."""

from examengine.live import Desk, Pen
from tests.live.builders import ATTEMPT, DEADLINE_MS, a_page_of, a_running_sitting, answer

NOW_MS = DEADLINE_MS - 1_800_000
GRACE_MS = 30_000


async def a_left_page(desk: Desk) -> Pen:
    pen = await a_running_sitting(desk, leave_grace_ms=GRACE_MS)
    told = await desk.leave(pen, 5, NOW_MS)
    assert (told.word, told.left_page_ms, told.back_by_ms) == ("left", NOW_MS, NOW_MS + GRACE_MS)
    return pen


async def journal(desk: Desk) -> list[str]:
    return [line.decode() for line in (await desk.read(ATTEMPT, NOW_MS)).journal]


async def test_a_leave_is_no_sign_of_life_and_asks_the_sweeper_to_look(desk: Desk) -> None:
    pen = await a_running_sitting(desk, leave_grace_ms=GRACE_MS)
    await desk.pulse(pen, NOW_MS - 10_000)
    assert (await desk.leave(pen, 1, NOW_MS)).seen_ms == NOW_MS - 10_000
    assert await desk.due(ATTEMPT % 64, NOW_MS + GRACE_MS - 1) == []
    assert await desk.due(ATTEMPT % 64, NOW_MS + GRACE_MS) == [ATTEMPT]


async def test_any_accepted_sign_of_life_cancels_a_leave(desk: Desk) -> None:
    for act in ("save", "form", "pulse", "back", "claim"):
        await desk._calls.command("FLUSHALL")
        pen = await a_left_page(desk)
        at_ms = NOW_MS + GRACE_MS - 1
        match act:
            case "save":
                await desk.save(pen, answer(6, 1, "a"), at_ms)
            case "form":
                await desk.save_form(pen, {}, {}, at_ms)
            case "pulse":
                await desk.pulse(pen, at_ms)
            case "back":
                await desk.come_back(pen, 6, at_ms)
            case _:
                pen = await a_page_of(desk, at_ms)
        told = await desk.read(ATTEMPT, at_ms)
        assert (told.left_page_ms, told.seen_ms) == (None, at_ms), act
        assert await desk.due(ATTEMPT % 64, NOW_MS + GRACE_MS) == [], act
        assert (await desk.pulse(pen, NOW_MS + GRACE_MS)).word == "alive", act


async def test_after_the_grace_nothing_is_written_and_the_instant_is_told(desk: Desk) -> None:
    pen = await a_left_page(desk)
    told = await desk.save(pen, answer(6, 1, "a"), NOW_MS + GRACE_MS + 60_000)
    assert (told.word, told.back_by_ms) == ("forced", NOW_MS + GRACE_MS)
    assert (await desk.read(ATTEMPT, NOW_MS)).given == {}


async def test_a_leave_older_than_a_later_sign_of_life_is_only_logged(desk: Desk) -> None:
    pen = await a_running_sitting(desk, leave_grace_ms=GRACE_MS)
    await desk.come_back(pen, 6, NOW_MS)

    told = await desk.leave(pen, 5, NOW_MS + 10)

    assert (told.word, told.left_page_ms) == ("logged", None)
    assert (await journal(desk))[-1] == f"L {NOW_MS + 10} 1.5"


async def test_a_leave_of_another_epoch_is_only_logged(desk: Desk) -> None:
    old = await a_running_sitting(desk, leave_grace_ms=GRACE_MS)
    await a_page_of(desk, NOW_MS)

    told = await desk.leave(old, 99, NOW_MS)

    assert (told.word, told.left_page_ms, told.epoch) == ("logged", None, 2)
    assert (await journal(desk))[-1] == f"L {NOW_MS} 1.99"


async def test_a_return_of_another_epoch_does_not_cancel_a_leave(desk: Desk) -> None:
    old = await a_running_sitting(desk, leave_grace_ms=GRACE_MS)
    new = await a_page_of(desk, NOW_MS)
    await desk.leave(new, 1, NOW_MS)
    told = await desk.come_back(old, 99, NOW_MS + 10)
    assert (told.word, told.left_page_ms) == ("logged", NOW_MS)


async def test_a_leave_told_twice_counts_from_the_first(desk: Desk) -> None:
    pen = await a_left_page(desk)
    assert (await desk.leave(pen, 5, NOW_MS + 500)).word == "repeated"
    told = await desk.leave(pen, 6, NOW_MS + 1_000)
    assert (told.word, told.left_page_ms) == ("left", NOW_MS)


async def test_where_leaving_does_not_matter_it_is_only_logged(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    told = await desk.leave(pen, 1, NOW_MS)
    assert (told.word, told.left_page_ms, told.back_by_ms) == ("logged", None, None)


async def test_focus_losses_are_counted_once_a_report(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    assert (await desk.lose_focus(pen, 1, NOW_MS)).focus_losses == 1
    assert (await desk.lose_focus(pen, 2, NOW_MS)).focus_losses == 2
    again = await desk.lose_focus(pen, 2, NOW_MS)
    assert (again.word, again.focus_losses) == ("repeated", 2)
    late = await desk.lose_focus(pen, 1, NOW_MS)
    assert (late.word, late.focus_losses) == ("logged", 2)


async def test_losing_the_focus_neither_cancels_a_leave_nor_proves_presence(desk: Desk) -> None:
    pen = await a_left_page(desk)
    told = await desk.lose_focus(pen, 6, NOW_MS + 10)
    assert (told.word, told.left_page_ms) == ("counted", NOW_MS)
    assert told.seen_ms == DEADLINE_MS - 3_600_000


async def test_pulses_write_last_seen_each_time_and_a_line_at_most_every_20_seconds(desk: Desk) -> None:
    pen = await a_running_sitting(desk, left_ms=3_600_000)
    opened_ms = DEADLINE_MS - 3_600_000
    for at_ms in (0, 19_999, 20_000, 39_999, 40_000):
        assert (await desk.pulse(pen, opened_ms + at_ms)).word == "alive"
        assert (await desk.read(ATTEMPT, opened_ms + at_ms)).seen_ms == opened_ms + at_ms
    lines = [line for line in await journal(desk) if line.startswith("p")]
    assert lines == [f"p {opened_ms + 20_000} 1.0", f"p {opened_ms + 40_000} 1.0"]


async def test_a_report_older_than_a_pulse_with_a_sequence_is_only_logged(desk: Desk) -> None:
    pen = await a_running_sitting(desk, leave_grace_ms=GRACE_MS)
    await desk.pulse(pen, NOW_MS, sequence=7)
    assert (await desk.leave(pen, 6, NOW_MS)).word == "logged"


async def test_reports_cannot_fill_the_journal(desk: Desk) -> None:
    pen = await a_running_sitting(desk)
    await desk.leave(pen, 1, NOW_MS)
    key = f"{{{ATTEMPT % 64:02d}}}:journal:{ATTEMPT}"
    for _ in range(200):
        await desk._calls.command("RPUSH", key, *["L 1 1.1"] * 100)
    length = await desk._calls.command("LLEN", key)
    assert (await desk.leave(pen, 2, NOW_MS)).word == "logged"
    assert await desk._calls.command("LLEN", key) == length
