"""Attempts and outcomes: one per intent, one running per enrolment, one finish; the whole history in five queries."""

import asyncio

import pytest

from examengine.records import archives, attempts, cards, endings, enrolments, entries, outcomes, slots
from examengine.records.attempts import Attempt
from examengine.records.cards import NewCard
from examengine.records.database import Database
from examengine.records.entries import NewEntry
from examengine.records.errors import Conflict, Missing
from examengine.records.history import load_histories, load_history
from examengine.records.outcomes import Finish, FinishWord
from examengine.records.vault import Vault
from examengine.records.words import (
    DEADLINE_REASONS,
    ENDED_STATES,
    OPENED_BY,
    OUTCOME_REASONS,
    EntryKind,
)
from examengine.rules.history import DeadlineReason, OpenedBy, OutcomeReason, State
from tests.databases import counted
from tests.records.builders import (
    MINUTE,
    T0,
    Place,
    a_person,
    a_place,
    a_running_attempt,
    an_attempt,
    an_exam,
    an_outcome,
)


def a_finish(attempt_id: int, generation: int = 1, state: str = "submitted") -> Finish:
    return Finish(
        attempt_id=attempt_id,
        generation=generation,
        questions=3,
        outcome=an_outcome(state=state),
        answers={11: "a", 12: "bd", 13: ""},
        detail=[{"position": 1, "hundredths": 200}],
        journal=["1 a1 a", "2 a2 bd"],
    )


async def test_an_attempt_is_read_as_it_began(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
        attempt, is_new = await attempts.begin(tx, an_attempt(place))
        owned = await attempts.get_attempt(tx, attempt.id)
        assert is_new
        assert (owned.attempt, owned.person_id, owned.exam_id) == (attempt, place.person_id, place.exam.id)
        assert await attempts.lock_attempt(tx, attempt.id) == attempt
        assert await attempts.running_of_person(tx, place.person_id) == (attempt.id,)
        for act in (attempts.get_attempt(tx, 999), attempts.lock_attempt(tx, 999)):
            with pytest.raises(Missing):
                await act


async def test_a_second_running_attempt_of_an_enrolment_is_a_conflict(database: Database, vault: Vault) -> None:
    place, _ = await a_running_attempt(database, vault)
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await attempts.begin(tx, an_attempt(place, no=2, intent="another"))


async def test_a_repeated_intent_leads_to_the_same_attempt_whatever_became_of_it(
    database: Database, vault: Vault
) -> None:
    place, attempt_id = await a_running_attempt(database, vault)
    async with database.writing() as tx:
        await endings.record_finish(tx, a_finish(attempt_id), T0)
        again, is_new = await attempts.begin(tx, an_attempt(place))
        assert (again.id, is_new) == (attempt_id, False)
        assert len((await load_history(tx, place.enrolment.id)).attempts) == 1


async def start(database: Database, place: Place, intent: str) -> tuple[Attempt | None, bool]:
    """As a start does it: lock, look, decide, begin."""
    async with database.writing() as tx:
        await enrolments.lock_enrolment(tx, place.enrolment.id)
        known = await attempts.find_by_intent(tx, intent)
        if known is not None:
            return known, False
        record = await load_history(tx, place.enrolment.id)
        if any(attempt.outcome is None for attempt in record.attempts):
            return None, False
        await asyncio.sleep(0.01)
        return await attempts.begin(tx, an_attempt(place, intent=intent, no=len(record.attempts) + 1))


async def test_two_starts_at_once_begin_one_attempt(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
    results = await asyncio.gather(*(start(database, place, f"intent {no}") for no in range(8)))
    assert [is_new for _, is_new in results].count(True) == 1
    assert [attempt for attempt, _ in results].count(None) == 7
    async with database.reading() as tx:
        assert len((await load_history(tx, place.enrolment.id)).attempts) == 1


async def test_one_intent_sent_many_times_at_once_is_one_attempt(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
    results = await asyncio.gather(*(start(database, place, "one intent") for _ in range(8)))
    assert len({attempt.id for attempt, _ in results if attempt}) == 1
    assert [is_new for _, is_new in results].count(True) == 1


async def test_starts_of_different_people_do_not_wait_for_each_other_on_postgresql(
    database: Database, vault: Vault
) -> None:
    async with database.writing() as tx:
        exam = await an_exam(tx)
        places = [await a_place(tx, vault, no, exam) for no in range(6)]
    results = await asyncio.gather(*(start(database, place, f"{place.person_id}") for place in places))
    assert all(is_new for _, is_new in results)


async def test_a_finish_writes_everything_at_once(database: Database, vault: Vault) -> None:
    place, attempt_id = await a_running_attempt(database, vault)
    async with database.writing() as tx:
        finished = await endings.record_finish(tx, a_finish(attempt_id), T0 + 32 * MINUTE)
        assert finished.word is FinishWord.RECORDED
        assert finished.outcome is not None
        assert (finished.outcome.no, finished.outcome.score_hundredths) == (1, 8_000)
        assert await outcomes.series(tx, attempt_id) == (finished.outcome,)
        assert await outcomes.find_newest(tx, attempt_id) == finished.outcome
        kept = await outcomes.get_answers(tx, attempt_id)
        assert kept.answers == {11: "a", 12: "bd", 13: ""}
        assert kept.detail == [{"position": 1, "hundredths": 200}]
        assert await archives.get_journal(tx, attempt_id) == ("1 a1 a", "2 a2 bd")
        assert await attempts.running_of_person(tx, place.person_id) == ()
        assert await attempts.due(tx, T0 + 10**9) == ()
        assert not await attempts.look_again(tx, attempt_id, T0)
        assert await slots.raise_generations(tx, attempt_id % 64) == {}


async def test_a_second_finisher_is_given_the_first_ones_outcome(database: Database, vault: Vault) -> None:
    _, attempt_id = await a_running_attempt(database, vault)

    async def finish(state: str) -> outcomes.Finished:
        async with database.writing() as tx:
            return await endings.record_finish(tx, a_finish(attempt_id, state=state), T0)

    states = ["submitted", "auto_submitted", "forced_exit", "expired_no_score"]
    results = await asyncio.gather(*(finish(state) for state in states))

    assert sorted(result.word for result in results) == ["already_finished"] * 3 + ["recorded"]
    assert len({result.outcome.id for result in results if result.outcome}) == 1


async def test_a_finish_of_a_rebuilt_sitting_is_stale(database: Database, vault: Vault) -> None:
    _, attempt_id = await a_running_attempt(database, vault)
    async with database.writing() as tx:
        assert await slots.raise_generations(tx, attempt_id % 64) == {attempt_id: 2}
        stale = await endings.record_finish(tx, a_finish(attempt_id, generation=1), T0)
        assert (stale.word, stale.outcome) == (FinishWord.STALE_GENERATION, None)
        assert await outcomes.series(tx, attempt_id) == ()
        fresh = await endings.record_finish(tx, a_finish(attempt_id, generation=2), T0)
        assert fresh.word is FinishWord.RECORDED
        with pytest.raises(Missing):
            await endings.record_finish(tx, a_finish(999), T0)


async def test_a_journal_too_large_is_refused(database: Database, vault: Vault) -> None:
    _, attempt_id = await a_running_attempt(database, vault)
    finish = Finish(
        attempt_id=attempt_id,
        generation=1,
        questions=3,
        outcome=an_outcome(),
        answers={},
        detail=None,
        journal=["x" * 5_000_000],
    )
    with pytest.raises(ValueError, match="too large"):
        async with database.writing() as tx:
            await endings.record_finish(tx, finish, T0)
    async with database.reading() as tx:
        assert await outcomes.find_newest(tx, attempt_id) is None


async def test_later_outcomes_are_appended_and_the_newest_counts(database: Database, vault: Vault) -> None:
    _, attempt_id = await a_running_attempt(database, vault)
    async with database.writing() as tx:
        await endings.record_finish(tx, a_finish(attempt_id), T0)
        void = an_outcome(state="void", score_hundredths=None, result=None, reason="void", cause="entry:1")
        await outcomes.append_outcome(tx, attempt_id, void, T0 + 1)
        newest = await outcomes.find_newest(tx, attempt_id)
        assert newest is not None
        assert (newest.no, newest.state, newest.cause) == (2, "void", "entry:1")
        assert [outcome.state for outcome in await outcomes.series(tx, attempt_id)] == ["submitted", "void"]


async def test_voiding_a_running_attempt_ends_it(database: Database, vault: Vault) -> None:
    place, attempt_id = await a_running_attempt(database, vault)
    async with database.writing() as tx:
        void = an_outcome(state="void", score_hundredths=None, result=None, reason="void", cause="entry:1")
        outcome = await outcomes.append_outcome(tx, attempt_id, void, T0)
        assert (outcome.no, await attempts.running_of_person(tx, place.person_id)) == (1, ())
        late = await endings.record_finish(tx, a_finish(attempt_id), T0)
        assert (late.word, late.outcome) == (FinishWord.ALREADY_FINISHED, outcome)
        with pytest.raises(Missing):
            await outcomes.get_answers(tx, attempt_id)
        assert await archives.get_journal(tx, attempt_id) == ()


@pytest.mark.parametrize(
    "wrong",
    [{"state": "running"}, {"score_hundredths": 10_001}, {"score_hundredths": -1}, {"result": "maybe"}],
)
async def test_an_outcome_that_makes_no_sense_is_a_conflict(
    database: Database, vault: Vault, wrong: dict[str, object]
) -> None:
    _, attempt_id = await a_running_attempt(database, vault)
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await outcomes.append_outcome(tx, attempt_id, an_outcome(**wrong), T0)


@pytest.mark.parametrize(("offset_ms", "expected"), [(-1, 0), (0, 1), (1, 1)])
async def test_an_attempt_is_due_from_its_instant_on(
    database: Database, vault: Vault, offset_ms: int, expected: int
) -> None:
    _, attempt_id = await a_running_attempt(database, vault)
    async with database.writing() as tx:
        assert await attempts.look_again(tx, attempt_id, T0 + 5)
        assert len(await attempts.due(tx, T0 + 5 + offset_ms)) == expected


async def test_due_attempts_come_longest_waiting_first_and_limited(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        exam = await an_exam(tx)
        ids = []
        for no in range(4):
            place = await a_place(tx, vault, no, exam)
            new = an_attempt(place, intent=f"{no}", look_at_ms=T0 - no)
            ids.append((await attempts.begin(tx, new))[0].id)
        with counted(database) as statements:
            due = await attempts.due(tx, T0, limit=3)
    assert [attempt.attempt_id for attempt in due] == ids[:0:-1]
    assert len(statements) == 1


async def test_papers_seen_before_are_found_by_person_and_bank(database: Database, vault: Vault) -> None:
    place, attempt_id = await a_running_attempt(database, vault)
    async with database.writing() as tx:
        other = await a_place(tx, vault, 2, place.exam)
        [bank_id] = {1}
        [(of, [paper])] = (await attempts.papers_seen(tx, [place.person_id, other.person_id], [bank_id])).items()
        assert (of, paper.attempt_id, paper.paper) == ((place.person_id, bank_id), attempt_id, b"paper")
        assert await attempts.papers_seen(tx, [other.person_id], [bank_id]) == {}
        assert await attempts.papers_seen(tx, [place.person_id], [999]) == {}


async def a_full_history(database: Database, vault: Vault, no: int) -> Place:
    async with database.writing() as tx:
        exam = await an_exam(tx)
        place = await a_place(tx, vault, no, exam)
        by, second = await a_person(tx, vault, 100 + no), await a_person(tx, vault, 200 + no)
        await cards.add_cards(tx, [NewCard(f"CARD{no}", b"1", "450702", T0)], T0)
        card = await cards.lock_card(tx, f"CARD{no}")
        opened, _ = await enrolments.open_round(tx, place.enrolment.id, "card", 2, f"card:{card.id}", T0 + 1)
        await cards.use_card(tx, card.id, opened.id, T0 + 1)
        await enrolments.report_learning(tx, place.enrolment.id, 2, 100, "import:1", T0 + 2)
        first, _ = await attempts.begin(tx, an_attempt(place, intent=f"{no}.1"))
        await endings.record_finish(tx, a_finish(first.id), T0)
        grant, _ = await entries.add_entry(
            tx,
            NewEntry(
                enrolment_id=place.enrolment.id,
                kind=EntryKind.VOID,
                attempt_id=first.id,
                by_person=by,
                second_person=second,
                reason_category="incident",
                reason="服务器中断",
                source=f"approval:{no}",
            ),
            T0 + 3,
        )
        void = an_outcome(state="void", score_hundredths=None, result=None, reason="void", cause=f"entry:{grant.id}")
        await outcomes.append_outcome(tx, first.id, void, T0 + 3)
        await attempts.begin(tx, an_attempt(place, intent=f"{no}.2", no=2))
    return place


async def test_a_whole_history_is_loaded_in_one_query(database: Database, vault: Vault) -> None:
    place = await a_full_history(database, vault, 1)
    async with database.reading() as tx:
        with counted(database) as statements:
            record = await load_history(tx, place.enrolment.id)
        assert record == (await load_histories(tx, [place.enrolment.id]))[place.enrolment.id]
    assert len(statements) == 1
    assert record.enrolment == place.enrolment
    assert [(r.no, r.opened_by) for r in record.rounds] == [(1, "open"), (2, "card")]
    assert [(card.round_id, card.number) for card in record.cards] == [(record.rounds[1].id, "CARD1")]
    assert [report.percent for report in record.learning] == [100]
    assert [entry.kind for entry in record.entries] == [EntryKind.VOID]
    assert [[o.state for o in attempt.outcomes] for attempt in record.attempts] == [["submitted", "void"], []]
    assert record.attempts[0].outcome is not None
    assert record.attempts[1].outcome is None
    assert record.undone == frozenset()
    assert record.newest_fact_ms == T0 + 31 * MINUTE


async def test_many_histories_take_five_queries(database: Database, vault: Vault) -> None:
    places = [await a_full_history(database, vault, no) for no in range(3)]
    async with database.reading() as tx:
        with counted(database) as statements:
            found = await load_histories(tx, [place.enrolment.id for place in places])
        assert len(statements) == 5
        assert set(found) == {place.enrolment.id for place in places}
        assert all(len(record.attempts) == 2 for record in found.values())
        with pytest.raises(Missing):
            await load_history(tx, 999)
        with pytest.raises(ValueError, match="too many"):
            await load_histories(tx, range(501))


def test_the_words_of_the_tables_are_the_words_of_the_rules() -> None:
    assert set(OPENED_BY) == {word.value for word in OpenedBy}
    assert set(ENDED_STATES) == {state.value for state in State} - {"running"}
    assert set(OUTCOME_REASONS) == {reason.value for reason in OutcomeReason}
    assert set(DEADLINE_REASONS) == {reason.value for reason in DeadlineReason}
