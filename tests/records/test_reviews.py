"""Items from draft to checked: by a second person, by version, again and again, two at once."""

import asyncio
import random
from collections.abc import Sequence

import pytest
from sqlalchemy import insert, select

from examengine.records import banks, heads, items, releases, reviews
from examengine.records.database import Database
from examengine.records.errors import Conflict, Missing
from examengine.records.heads import Said, Standing, standing_of
from examengine.records.items import AddedVersion, NewVersion
from examengine.records.reviews import Reviewed, Skip
from examengine.records.tables import item_heads, item_reviews
from examengine.records.vault import Vault
from examengine.records.words import ItemState, ReviewDecision
from tests.records.builders import T0, a_person, a_version

A, R, S = ReviewDecision.APPROVED, ReviewDecision.RETURNED, ReviewDecision.SUBMITTED
STOP, GO = ReviewDecision.RETIRED, ReviewDecision.RESTORED


class Bench:
    """A bank with two authors."""

    def __init__(self, database: Database, bank_id: int, first: int, second: int) -> None:
        self.database, self.bank_id, self.first, self.second = database, bank_id, first, second

    async def write(self, *versions: NewVersion, by: int | None = None) -> Sequence[AddedVersion]:
        async with self.database.writing() as tx:
            return await items.add_versions(tx, self.bank_id, versions, by or self.first, T0)

    async def act(self, decision: ReviewDecision, *version_ids: int, by: int | None = None) -> Reviewed:
        async with self.database.writing() as tx:
            return await reviews.act(tx, decision, version_ids, by or self.second, T0)

    async def states(self) -> dict[int, tuple[str, int | None]]:
        """State and checked version's number, by item."""
        async with self.database.reading() as tx:
            rows = await tx.rows(select(item_heads.c.item_id, item_heads.c.state, item_heads.c.checked_no))
        return {row.item_id: (row.state, row.checked_no) for row in rows}


@pytest.fixture
async def bench(database: Database, vault: Vault) -> Bench:
    async with database.writing() as tx:
        bank = await banks.add_bank(tx, "题库", None, T0)
        return Bench(database, bank.id, await a_person(tx, vault, 1), await a_person(tx, vault, 2))


@pytest.mark.parametrize(
    ("newest_no", "said", "stands"),
    [
        (1, [], Standing(ItemState.DRAFT, None)),
        (1, [(1, S)], Standing(ItemState.WAITING, None)),
        (1, [(1, S), (1, A)], Standing(ItemState.CHECKED, (101, 1))),
        (1, [(1, A), (1, R)], Standing(ItemState.RETURNED, None)),
        (1, [(1, R), (1, S)], Standing(ItemState.WAITING, None)),
        (2, [(1, A)], Standing(ItemState.DRAFT, (101, 1))),
        (2, [(1, A), (2, S)], Standing(ItemState.WAITING, (101, 1))),
        (2, [(2, A), (1, A)], Standing(ItemState.CHECKED, (102, 2))),
        (2, [(1, A), (2, A), (2, R)], Standing(ItemState.RETURNED, (101, 1))),
        (1, [(1, A), (1, STOP)], Standing(ItemState.RETIRED, (101, 1))),
        (1, [(1, A), (1, STOP), (1, GO)], Standing(ItemState.CHECKED, (101, 1))),
    ],
)
def test_where_an_item_stands_follows_from_what_was_said(
    newest_no: int, said: list[tuple[int, ReviewDecision]], stands: Standing
) -> None:
    assert standing_of(newest_no, [Said(100 + no, no, decision) for no, decision in said]) == stands


async def test_a_draft_is_submitted_and_checked_by_somebody_else(bench: Bench) -> None:
    [made] = await bench.write(a_version(1))
    assert await bench.states() == {made.item_id: ("draft", None)}
    assert (await bench.act(S, made.version_id, by=bench.first)).done == (made.version_id,)
    assert (await bench.act(A, made.version_id, by=bench.first)).skipped == {Skip.OWN: 1}
    assert await bench.states() == {made.item_id: ("waiting", None)}
    assert (await bench.act(A, made.version_id)).done == (made.version_id,)
    assert (await bench.act(A, made.version_id)).skipped == {Skip.SAME: 1}
    assert await bench.states() == {made.item_id: ("checked", 1)}
    async with bench.database.reading() as tx:
        said = await reviews.reviews_of(tx, made.item_id)
    assert [(review.decision, review.by_person) for review in said] == [
        ("submitted", bench.first),
        ("approved", bench.second),
    ]


async def test_the_database_itself_refuses_a_maker_as_checker(bench: Bench) -> None:
    [made] = await bench.write(a_version(1))
    row = {"item_id": made.item_id, "version_id": made.version_id, "decision": "approved", "at_ms": T0}
    with pytest.raises(Conflict):
        async with bench.database.writing() as tx:
            await tx.run(insert(item_reviews), {**row, "by_person": bench.first, "made_by": bench.first})
    async with bench.database.writing() as tx:
        await tx.run(insert(item_reviews), {**row, "by_person": None, "made_by": bench.first})


async def test_who_edits_an_item_made_by_another_may_not_check_his_own_version(bench: Bench) -> None:
    await bench.write(a_version(1))
    [edited] = await bench.write(a_version(1, "改过"), by=bench.second)
    assert (await bench.act(A, edited.version_id, by=bench.second)).skipped == {Skip.OWN: 1}
    assert (await bench.act(A, edited.version_id, by=bench.first)).done == (edited.version_id,)


async def test_what_was_looked_at_is_approved_and_a_newer_draft_stays_a_draft(bench: Bench) -> None:
    [looked_at] = await bench.write(a_version(1))
    [newer] = await bench.write(a_version(1, "看的时候又改了"))
    assert newer.item_id == looked_at.item_id
    assert (await bench.act(A, looked_at.version_id)).done == (looked_at.version_id,)
    assert await bench.states() == {looked_at.item_id: ("draft", 1)}
    assert (await bench.act(S, looked_at.version_id)).skipped == {Skip.OLD: 1}
    [newest] = await bench.write(a_version(1, "又改了一次"))
    assert (await bench.act(S, newer.version_id)).skipped == {Skip.OLD: 1}
    async with bench.database.writing() as tx:
        assert await releases.releasable(tx, bench.bank_id) == (looked_at.version_id,)
        assert newest.version_id not in await releases.releasable(tx, bench.bank_id)


async def test_two_who_check_at_once_write_one_review(bench: Bench, vault: Vault) -> None:
    async with bench.database.writing() as tx:
        third = await a_person(tx, vault, 3)
    made = [one.version_id for one in await bench.write(*(a_version(no) for no in range(20)))]
    both = await asyncio.gather(bench.act(A, *made), bench.act(A, *reversed(made), by=third))
    assert sorted(len(one.done) for one in both) == [0, 20]
    async with bench.database.reading() as tx:
        assert len(await tx.rows(select(item_reviews.c.id))) == 20


async def test_a_retired_item_is_in_no_later_release_until_it_is_restored(bench: Bench) -> None:
    made = [one.version_id for one in await bench.write(a_version(1), a_version(2))]
    await bench.act(A, *made)
    async with bench.database.writing() as tx:
        first = await releases.make_release(tx, bench.bank_id, None, T0)
    await bench.act(STOP, made[0])
    assert (await bench.act(A, made[0])).skipped == {Skip.RETIRED: 1}
    assert (await bench.act(STOP, made[0])).skipped == {Skip.SAME: 1}
    async with bench.database.writing() as tx:
        second = await releases.make_release(tx, bench.bank_id, None, T0)
        assert await releases.released_ids(tx, second.id) == (made[1],)
        assert await releases.released_ids(tx, first.id) == tuple(made)
        assert (first.size, second.size) == (2, 1)
    await bench.act(GO, made[0])
    async with bench.database.writing() as tx:
        assert await releases.releasable(tx, bench.bank_id) == tuple(made)


async def test_drafts_and_returned_versions_are_in_no_release(bench: Bench) -> None:
    made = [one.version_id for one in await bench.write(*(a_version(no) for no in range(3)))]
    await bench.act(S, *made)
    async with bench.database.writing() as tx:
        with pytest.raises(ValueError, match="no checked item"):
            await releases.make_release(tx, bench.bank_id, None, T0)
    await bench.act(A, *made)
    await bench.act(R, made[1])
    async with bench.database.writing() as tx:
        release = await releases.make_release(tx, bench.bank_id, None, T0)
        assert await releases.released_ids(tx, release.id) == (made[0], made[2])


async def test_what_does_not_exist_is_missing_and_nothing_is_written(bench: Bench) -> None:
    [made] = await bench.write(a_version(1))
    with pytest.raises(Missing, match="item version 999"):
        await bench.act(A, made.version_id, 999)
    assert await bench.states() == {made.item_id: ("draft", None)}
    async with bench.database.writing() as tx:
        assert (await reviews.foresee(tx, A, [], None)).done == ()


async def test_the_same_text_is_no_new_version_and_an_items_number_may_change(bench: Bench) -> None:
    [made] = await bench.write(a_version(1))
    [again] = await bench.write(a_version(1))
    assert again == AddedVersion(made.item_id, made.version_id, 1, is_new=False)
    new = a_version(1, "换了编号")
    [renamed] = await bench.write(
        NewVersion("GX-9", new.kind, new.content, new.key, new.digest, item_id=made.item_id, note="换编号")
    )
    assert (renamed.item_id, renamed.no) == (made.item_id, 2)
    await bench.write(a_version(1), a_version(2))
    async with bench.database.reading() as tx:
        assert [item.external_no for item in await items.newest_versions(tx, bench.bank_id)] == ["GX-9", "1", "2"]
    for item_id, error in ((999, Missing), (renamed.item_id, Conflict)):
        with pytest.raises(error):
            await bench.write(NewVersion("2", new.kind, b"{}", "a", "f" * 64, item_id=item_id))


async def test_heads_say_at_all_times_what_versions_and_reviews_say(bench: Bench) -> None:
    dice = random.Random(5)
    made: list[AddedVersion] = list(await bench.write(*(a_version(no) for no in range(6))))
    people = (bench.first, bench.second)
    seen: set[str] = set()
    everything = select(item_heads).order_by(item_heads.c.item_id)
    for turn in range(60):
        if dice.random() < 0.2:
            made += await bench.write(a_version(dice.randrange(7), f"第 {turn} 次"), by=dice.choice(people))
        some = [one.version_id for one in dice.sample(made, 3)]
        await bench.act(dice.choice((A, A, A, S, S, R, STOP, GO, GO)), *some, by=dice.choice(people))
        seen |= {state for state, _ in (await bench.states()).values()}
        if turn % 10 == 9:
            async with bench.database.writing() as tx:
                kept = await tx.rows(everything)
                await heads.refresh(tx, [one.item_id for one in made])
                assert await tx.rows(everything) == kept
    assert seen == set(ItemState)
