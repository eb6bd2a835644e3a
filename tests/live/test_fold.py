"""The journal is the state, the answers are its fold."""

import asyncio
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examengine.live import CloseReason, Desk, Operation, Pen, connect
from examengine.live.journal import fold
from tests.harness import RedisForTests
from tests.live.builders import ATTEMPT, DEADLINE_MS, OWNER, deadline, opening

ITEMS = 5
POSITIONS = st.integers(1, ITEMS)
VALUES = st.sampled_from(["", "a", "b", "abc", "正确", "two words", "line\nbreak"])
SEQUENCES = st.integers(1, 8)
EPOCHS = st.integers(0, 3)

SAVES = st.tuples(st.just("save"), EPOCHS, SEQUENCES, st.sampled_from("af"), POSITIONS, VALUES)
FORMS = st.tuples(st.just("form"), EPOCHS, st.dictionaries(POSITIONS, VALUES), st.dictionaries(POSITIONS, VALUES))
REPORTS = st.tuples(st.sampled_from(["leave", "back", "focus", "pulse"]), EPOCHS, SEQUENCES)
REST = st.tuples(st.sampled_from(["claim", "push", "close", "reopen", "knock"]))
ACTS = st.lists(st.tuples(st.integers(0, 15_000), st.one_of(SAVES, SAVES, SAVES, FORMS, REPORTS, REST)), max_size=40)


@dataclass
class Model:
    """What a sitting should hold, in as few words as there are."""

    epoch: int = 0
    running: bool = True
    held: dict[tuple[str, int], tuple[tuple[int, int], str]] = field(default_factory=dict)

    def save(self, epoch: int, operation: Operation) -> str | None:
        """The word to expect; None where this model does not know about time."""
        mark = (epoch, operation.sequence)
        known_mark, known = self.held.get((operation.kind, operation.position), ((-1, 0), ""))
        if not self.running:
            return "closed"
        if epoch != self.epoch:
            return "pen_lost"
        if mark > known_mark:
            self.held[operation.kind, operation.position] = (mark, operation.value)
            return "saved"
        return "repeated" if mark == known_mark and operation.value == known else "superseded"


async def play(url: str, acts: list[tuple[int, tuple[object, ...]]]) -> None:
    calls = connect(url)
    desk, model, now_ms, closing, version = Desk(calls, clamp=False), Model(), DEADLINE_MS - 3_600_000, 0, 1
    await calls.command("FLUSHALL")
    await desk.open(opening(items=ITEMS), now_ms)

    def pen(epoch: object) -> Pen:
        assert isinstance(epoch, int)
        return Pen(ATTEMPT, OWNER, 1, 1, epoch)

    for step_ms, act in acts:
        now_ms += step_ms
        match act:
            case ("save", epoch, int(sequence), str(kind), int(position), str(value)):
                operation = Operation(sequence, kind, position, 0, value)
                told = await desk.save(pen(epoch), operation, now_ms)
                assert told.word == model.save(pen(epoch).epoch, operation)
                assert told.is_kept or told.word not in ("saved", "repeated")
            case ("form", epoch, dict(answers), dict(flags)):
                await desk.save_form(pen(epoch), answers, flags, now_ms)
                after = await desk.read(ATTEMPT, now_ms)
                model.held = {("a", p): (kept.mark, kept.value) for p, kept in after.answers.items()}
                model.held |= {("f", p): (kept.mark, kept.value) for p, kept in after.flags.items()}
                if model.running and pen(epoch).epoch == model.epoch:
                    assert after.given == {**after.given, **{p: v for p, v in answers.items() if v}}
            case ("leave", epoch, int(sequence)):
                await desk.leave(pen(epoch), sequence, now_ms)
            case ("back", epoch, int(sequence)):
                await desk.come_back(pen(epoch), sequence, now_ms)
            case ("focus", epoch, int(sequence)):
                await desk.lose_focus(pen(epoch), sequence, now_ms)
            case ("pulse", epoch, int(sequence)):
                await desk.pulse(pen(epoch), now_ms, sequence)
            case ("claim",):
                page = await desk.claim(ATTEMPT, OWNER, 1, "page", "test", now_ms)
                model.epoch = page.epoch
            case ("push",):
                version += 1
                await desk.push(ATTEMPT, 1, now_ms, deadline=deadline(DEADLINE_MS + version, version))
            case ("close",):
                closing = (await desk.close(ATTEMPT, 1, CloseReason.DEADLINE, now_ms, now_ms)).closing
                model.running = False
            case ("reopen",):
                await desk.reopen(ATTEMPT, 1, closing, deadline(DEADLINE_MS, version), now_ms)
                model.running = True
            case ("knock",):
                await desk.knock(pen(0), 30_000, now_ms)

    after = await desk.read(ATTEMPT, now_ms)
    folded = fold(after.journal)
    assert folded.answers == after.answers
    assert folded.flags == after.flags
    assert (folded.revision, folded.epoch) == (after.revision, after.epoch)
    assert (folded.page_id, folded.device, folded.pen_since_ms) == (after.page_id, after.device, after.pen_since_ms)
    assert (folded.left_page_ms, folded.focus_losses) == (after.left_page_ms, after.focus_losses)
    assert (folded.closings, folded.closed, folded.closed_at_ms) == (
        after.closing,
        after.close_reason,
        after.closed_at_ms,
    )
    # Pulses are thinned: the journal may know a sign of life that is 20 s older.
    assert after.seen_ms - 20_000 < folded.seen_ms <= after.seen_ms
    assert folded.sequence <= after.sequence
    assert folded.items == after.items
    # Lines that are read twice change no answer.
    twice = fold([*after.journal, *after.journal])
    assert (twice.answers, twice.flags, twice.revision) == (folded.answers, folded.flags, folded.revision)
    assert {("a", p): kept.value for p, kept in after.answers.items()} | {
        ("f", p): kept.value for p, kept in after.flags.items()
    } == {item: value for item, (_, value) in model.held.items()}
    await calls.aclose()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_the_fold_of_the_journal_is_what_the_hash_holds(
    redis_for_tests: RedisForTests, acts: list[tuple[int, tuple[object, ...]]]
) -> None:
    asyncio.run(play(redis_for_tests.url, acts))
