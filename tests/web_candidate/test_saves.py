"""Answers over HTTP: whose they may be, what they may hold, when they are taken."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest

from examengine.clock import ShiftedClock
from examengine.live.desk import MAX_SEQUENCE
from examengine.live.slots import sitting_keys
from examengine.records import outbox
from examengine.records.words import OutboxKind
from examengine.web.app import session_cookie
from examengine.web.tokens import PageToken, Tokens
from tests.web_candidate.exam_page import an_open_exam, lose_redis, opened
from tests.world import World, a_world

MINUTE_MS = 60_000


async def saved_answers(world: World, attempt_id: int) -> dict[int, str]:
    return (await world.services.desk.read(attempt_id, world.now_ms)).given


async def test_an_answer_is_acknowledged_with_all_that_a_pulse_would_carry(world: World) -> None:
    async with an_open_exam(world) as page:
        world.clock.advance(MINUTE_MS)
        told = await page.save(1, page.options[1][0])
        assert told == {
            "status": 200,
            "word": "saved",
            "at": world.now_ms,
            "rev": 1,
            "left": 59 * MINUTE_MS,
            "deadline": page.deadline_ms,
            "deadline_reason": "time_limit",
            "epoch": 1,
            "focus_losses": 0,
            "ship": 0,
            "ack": told["ack"],
        }
        assert await saved_answers(world, page.attempt_id) == {1: page.options[1][0]}


async def test_an_answer_sent_again_is_a_success_and_an_older_one_is_told_of_the_newer(world: World) -> None:
    async with an_open_exam(world) as page:
        await page.save(1, "a", n=5)
        again = await page.save(1, "a", n=5)
        assert (again["word"], again["status"], again["rev"]) == ("repeated", 200, 1)
        for n, value in ((4, "b"), (4, "a"), (1, "b")):
            older = await page.save(1, value, n=n)
            assert (older["word"], older["status"], older["value"]) == ("superseded", 200, "a")
        lied = await page.save(1, "c", n=5)
        assert (lied["word"], lied["value"]) == ("superseded", "a")
        other = await page.save(2, "b", n=1)
        assert other["word"] == "saved"
        assert await saved_answers(world, page.attempt_id) == {1: "a", 2: "b"}


async def test_an_old_operation_after_a_newer_was_acknowledged_writes_nothing(world: World) -> None:
    async with an_open_exam(world) as page:
        await page.save(1, "b", n=2)
        late = await page.save(1, "a", n=1)
        assert (late["word"], late["value"]) == ("superseded", "b")
        assert await saved_answers(world, page.attempt_id) == {1: "b"}


async def test_an_answer_is_cleared_and_flags_are_set_and_taken_away(world: World) -> None:
    async with an_open_exam(world) as page:
        await page.save(1, "a")
        await page.save(1, "")
        await page.save(2, "1", kind="f")
        await page.save(3, "1", kind="f")
        await page.save(3, "", kind="f")
        again = await opened(page.browser, page.attempt_id)
        assert (again.answers, again.flags) == ({}, {2})


async def test_letters_of_an_answer_are_kept_sorted_and_once(world: World) -> None:
    async with an_open_exam(world) as page:
        told = await page.save(31, "dba")
        assert told["word"] == "saved"
        await page.save(32, "aab")
        assert await saved_answers(world, page.attempt_id) == {31: "abd", 32: "ab"}


WRONG: tuple[dict[str, Any], ...] = (
    {"i": 0},
    {"i": 51},
    {"i": -1},
    {"i": "1" * 5000},
    {"i": "eins"},
    {"i": "１"},
    {"i": "1_0"},
    {"i": None},
    {"n": 0},
    {"n": -1},
    {"n": MAX_SEQUENCE + 1},
    {"n": "9" * 400},
    {"n": "x"},
    {"b": "x"},
    {"b": -1},
    {"b": "9" * 400},
    {"b": None},
    {"k": "x"},
    {"k": None},
    {"v": "A"},
    {"v": "1"},
    {"v": "a b"},
    {"v": "a" * 27},
    {"v": "a\nx"},
    {"k": "f", "v": "a"},
    {"k": "f", "v": "11"},
)


async def test_what_no_page_sends_is_refused_and_writes_nothing(world: World) -> None:
    async with an_open_exam(world) as page:
        before = await world.services.desk.read(page.attempt_id, world.now_ms)
        for changes in WRONG:
            told = await page.save(1, "a", **changes)
            assert (told["status"], told["word"]) == (400, "out_of_range"), changes
        after = await world.services.desk.read(page.attempt_id, world.now_ms)
        assert (after.journal, after.answers, after.flags) == (before.journal, before.answers, before.flags)


async def test_a_report_with_a_number_that_no_page_counts_to_is_refused(world: World) -> None:
    async with an_open_exam(world) as page:
        for act in ("pulse", "leave", "return", "focus"):
            for n in ("-1", "9" * 400, str(MAX_SEQUENCE + 1), "x", "1.5", "", "1e9"):
                assert (await page.report(act, n=n))["status"] == 400, (act, n)
        saved = await page.post_form({1: page.options[1][0]})
        assert saved.status_code == 303
        assert (await world.services.desk.read(page.attempt_id, world.now_ms)).sequence < 10


async def test_no_number_of_a_page_can_spoil_its_own_record(world: World) -> None:
    """The highest number that is taken leaves room for a form behind it, and everything can still be read."""
    async with an_open_exam(world) as page:
        assert (await page.report("pulse", n=str(MAX_SEQUENCE)))["word"] == "alive"
        assert (await page.save(1, "a", n=MAX_SEQUENCE))["word"] == "saved"
        assert (await page.post_form({1: page.options[1][0], 2: page.options[2][0]})).status_code == 303
        assert (await page.hand_in()).status_code == 303
        assert (await world.outcome(page.attempt_id)).state == "submitted"


async def test_letters_that_the_item_does_not_have_earn_nothing(world: World) -> None:
    """The path without SQL cannot know an item's letters; marking does."""
    async with an_open_exam(world) as page:
        foreign = next(letter for letter in "abcdefgh" if letter not in page.options[1])
        assert (await page.save(1, foreign))["word"] == "saved"
        await page.hand_in()
        assert (await world.outcome(page.attempt_id)).score_hundredths == 0


async def test_nobody_writes_with_another_persons_token(world: World) -> None:
    async with an_open_exam(world) as page, world.browser(await world.person()) as other:
        page.browser, mine = other, page.browser
        assert (await page.save(1, "a"))["status"] == 403
        page.browser = mine
        assert await saved_answers(world, page.attempt_id) == {}


async def test_a_token_of_another_attempt_writes_to_neither(world: World) -> None:
    async with an_open_exam(world) as page, an_open_exam(world) as other:
        assert (await page.save(1, "a", t=other.token))["status"] == 403
        other.browser = page.browser
        assert (await other.save(1, "a"))["status"] == 403
        for attempt_id in (page.attempt_id, other.attempt_id):
            assert await saved_answers(world, attempt_id) == {}


async def test_a_forged_token_writes_nothing(world: World) -> None:
    async with an_open_exam(world) as page:
        forged: dict[str, str | None] = {
            "cut": page.token[:-1],
            "garbage": "x~y~z",
            "of another key": Tokens(["k" * 40]).page(PageToken(page.attempt_id, 1, 1, 1, "p")),
            "a session's": world.services.tokens.session(1, 1, world.now_ms),
            "missing": None,
            "long": "a" * 5000,
        }
        for how, token in forged.items():
            told = await page.save(1, "a", t=token)
            assert (told["status"], told["word"]) == (403, "not_owner"), how
        assert await saved_answers(world, page.attempt_id) == {}


async def test_without_a_cookie_nothing_is_written(world: World) -> None:
    async with an_open_exam(world) as page, world.browser() as nobody:
        page.browser = nobody
        told = await page.save(1, "a")
        assert (told["status"], told["word"]) == (401, "revoked")
        assert await saved_answers(world, page.attempt_id) == {}


async def test_an_expired_cookie_writes_nothing(world: World) -> None:
    async with an_open_exam(world, {"exam.minutes": 24 * 60}) as page:
        world.clock.advance(12 * 60 * MINUTE_MS)
        assert (await page.save(1, "a"))["status"] == 401


FOREIGN = (
    {"origin": "https://elsewhere.example"},
    {"origin": "null"},
    {"origin": "http://testserver.example"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
)


async def test_only_our_own_pages_write(world: World) -> None:
    async with an_open_exam(world) as page:
        del page.browser.headers["sec-fetch-site"]  # an older browser says its origin alone
        for headers in FOREIGN:
            assert (await page.post_save(1, "a", headers=headers)).status_code == 403, headers
        assert await saved_answers(world, page.attempt_id) == {}
        for headers in ({"sec-fetch-site": "same-origin"}, {"origin": "http://testserver"}):
            assert (await page.post_save(1, "a", headers=headers)).status_code == 200, headers


async def test_where_the_browser_names_no_origin_the_page_token_does(world: World) -> None:
    async with an_open_exam(world) as page:
        del page.browser.headers["origin"], page.browser.headers["sec-fetch-site"]
        assert (await page.save(1, "a"))["word"] == "saved"
        for token in ("", "forged"):
            assert (await page.post_save(1, "b", t=token)).status_code == 403
        async with world.browser(await world.person()) as other:
            del other.headers["origin"], other.headers["sec-fetch-site"]
            page.browser = other
            assert (await page.post_save(1, "b")).status_code == 403
        assert await saved_answers(world, page.attempt_id) == {1: "a"}


async def test_a_body_that_is_too_large_is_refused(world: World) -> None:
    async with an_open_exam(world) as page:
        refused = await page.post_save(1, "a", junk="x" * 54_000)
        assert refused.status_code == 413
        assert refused.json() == {"word": "refused", "status": 413}
        assert await saved_answers(world, page.attempt_id) == {}


async def test_a_body_that_is_no_form_is_refused(world: World) -> None:
    async with an_open_exam(world) as page:
        for body in (b"", b"\xff\xfe", b"t", b"&&&&", b"t=%ff", b"a=1&" * 50):
            assert (await page.browser.post(page.path("answers"), content=body)).status_code == 403


async def test_a_field_given_twice_counts_once(world: World) -> None:
    async with an_open_exam(world) as page:
        body = urlencode({"t": page.token, "n": 1, "i": 1, "k": "a", "b": 0, "v": "a"}) + "&v=b"
        answered = await page.browser.post(
            page.path("answers"), content=body, headers={"content-type": "application/x-www-form-urlencoded"}
        )
        assert answered.json()["word"] == "saved"
        assert await saved_answers(world, page.attempt_id) == {1: "b"}


@pytest.mark.parametrize(("after_ms", "word"), [(-1, "saved"), (0, "too_late"), (1, "too_late")])
async def test_the_deadline_is_half_open(world: World, after_ms: int, word: str) -> None:
    async with an_open_exam(world) as page:
        await page.save(1, "a")
        world.clock.move_to(page.deadline_ms + after_ms)
        told = await page.save(2, "b")
        assert (told["status"], told["word"], told["left"]) == (200, word, max(0, -after_ms))
        assert await saved_answers(world, page.attempt_id) == ({1: "a", 2: "b"} if word == "saved" else {1: "a"})


async def test_an_answer_that_stands_already_is_told_so_after_the_deadline(world: World) -> None:
    """Its acknowledgement was lost on the way; the page must not say that it is missing."""
    async with an_open_exam(world) as page:
        await page.save(1, "a", n=7)
        world.clock.move_to(page.deadline_ms + 5)
        told = await page.save(1, "a", n=7)
        assert (told["word"], told["kept"], told["rev"]) == ("too_late", True, 1)
        unsent = await page.save(1, "b", n=8)
        assert "kept" not in unsent
        assert unsent["value"] == "a"


class Held:
    """A request whose body comes in two parts, spoken to the app itself."""

    def __init__(self, world: World, path: str, fields: dict[str, Any], cookie: str) -> None:
        self._body = urlencode(fields).encode()
        self._parts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.answer = b""
        self.status = 0
        headers = [
            (b"host", b"testserver"),
            (b"origin", b"http://testserver"),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"cookie", cookie.encode()),
        ]
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "scheme": "http",
            "server": ("testserver", 80),
            "client": ("10.0.0.1", 1),
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
        }
        self.task = asyncio.create_task(world.app(scope, self._parts.get, self._send))

    async def send_half(self) -> None:
        half = len(self._body) // 2
        await self._parts.put({"type": "http.request", "body": self._body[:half], "more_body": True})
        self._body = self._body[half:]
        for _ in range(5):
            await asyncio.sleep(0)

    async def send_rest(self) -> None:
        await self._parts.put({"type": "http.request", "body": self._body, "more_body": False})
        await self.task

    async def _send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.answer += message.get("body", b"")


@pytest.mark.parametrize(("after_ms", "word"), [(-1, b"saved"), (0, b"too_late"), (MINUTE_MS, b"too_late")])
async def test_a_request_held_open_across_the_deadline_is_stamped_when_it_is_complete(
    world: World, after_ms: int, word: bytes
) -> None:
    async with an_open_exam(world) as page:
        world.clock.move_to(page.deadline_ms - MINUTE_MS)
        name = session_cookie(world.services)
        fields = {"t": page.token, "n": 1, "i": 1, "k": "a", "b": 0, "v": "a"}
        held = Held(world, page.path("answers"), fields, f"{name}={page.browser.cookies[name]}")
        await held.send_half()
        world.clock.move_to(page.deadline_ms + after_ms)
        await held.send_rest()
        assert b'"word":"' + word + b'"' in held.answer
        assert bool(await saved_answers(world, page.attempt_id)) == (word == b"saved")


async def test_a_session_that_was_revoked_writes_nothing_more(world: World) -> None:
    async with an_open_exam(world) as page:
        async with world.services.database.writing() as tx:
            await outbox.put(tx, page.attempt_id, OutboxKind.SESSION, {"session_version": 2}, world.now_ms)
        await world.services.pusher.push_waiting(world.now_ms)
        for told in (await page.save(1, "a"), await page.report("pulse")):
            assert told == {"word": "revoked", "status": 401}
        assert await saved_answers(world, page.attempt_id) == {}


async def test_extra_time_reaches_the_page_with_its_next_answer_or_pulse(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    async with world.browser(person_id) as browser:
        page = await opened(browser, attempt_id)
        await world.extra_time(enrolment, attempt_id, 15)
        await world.services.sweeper.sweep(world.now_ms)
        for told in (await page.report("pulse"), await page.save(1, "a")):
            assert (told["left"], told["deadline_reason"]) == (75 * MINUTE_MS, "extra_time")
            assert told["deadline"] == page.deadline_ms + 15 * MINUTE_MS
        world.clock.move_to(page.deadline_ms)
        assert (await page.save(2, "b"))["word"] == "saved"
        again = await opened(browser, attempt_id)
        assert (again.left_ms, again.deadline_ms) == (15 * MINUTE_MS, page.deadline_ms + 15 * MINUTE_MS)
        assert "含补时" in again.html


async def test_a_newer_cookie_goes_on_in_the_old_sitting(world: World) -> None:
    """Whoever changed his password in the middle of the exam signs in again and continues."""
    async with an_open_exam(world) as page:
        sitting = await world.services.desk.read(page.attempt_id, world.now_ms)
        claimed = await world.services.desk.claim(page.attempt_id, sitting.owner_id, 2, "again", "test", world.now_ms)
        assert claimed.word == "claimed"
        assert (await page.save(1, "a"))["word"] == "revoked"


async def test_an_answer_to_a_sitting_that_ended_is_told_where_to_go(world: World) -> None:
    async with an_open_exam(world) as page:
        await page.save(1, "a", n=1)
        await page.hand_in()
        told = await page.save(2, "b", n=2)
        assert (told["word"], told["go"], told["status"]) == ("closed", page.path("result"), 200)


async def test_a_lost_sitting_asks_for_patience(world: World) -> None:
    async with an_open_exam(world) as page:
        await world.services.calls.command("FLUSHALL")
        response = await page.post_save(1, "a")
        assert response.status_code == 503
        assert response.json()["word"] in {"unavailable", "absent"}
        assert 1 <= int(response.headers["retry-after"]) <= 3


async def test_a_sitting_that_was_committed_and_never_opened_is_opened_by_its_page(world: World) -> None:
    async with an_open_exam(world) as page:
        await world.services.calls.command("DEL", sitting_keys(page.attempt_id)[0])
        assert (await page.post_save(1, "a")).status_code == 503
        assert (await page.report("pulse"))["word"] == "pen_lost", "it is there, and no page has the pen"


async def test_a_page_of_an_attempt_that_ended_and_that_redis_forgot_is_told_so(world: World) -> None:
    async with an_open_exam(world) as page:
        await page.hand_in()
        await world.services.calls.command("DEL", sitting_keys(page.attempt_id)[0])
        told = await page.save(1, "a")
        assert (told["status"], told["word"], told["go"]) == (200, "closed", page.path("result"))


async def test_answers_tell_what_has_come_to_sql(world: World) -> None:
    async with an_open_exam(world) as page:
        assert [(await page.save(n, "a"))["ship"] for n in (1, 2)] == [0, 0]
        await world.services.shipper.ship_all(world.now_ms)
        assert (await page.report("pulse"))["ship"] == 0, "what waits may be stamped as early as that"
        world.clock.advance(5_000)
        await world.services.shipper.ship_all(world.now_ms)
        assert (await page.report("pulse"))["ship"] == 2
        assert (await page.save(3, "a"))["ship"] == 0


async def test_a_superseded_answer_is_told_with_the_mark_of_the_newer(world: World) -> None:
    async with an_open_exam(world) as page:
        await page.save(1, "b", n=7)
        assert (await page.save(1, "a", n=3))["mark"] == [1, 7]


async def test_an_open_page_joins_the_rebuilt_sitting_and_gets_what_it_holds(world: World) -> None:
    async with an_open_exam(world) as page:
        await page.save(1, "a", n=4)
        await page.save(2, "1", kind="f", n=5)
        await world.services.shipper.ship_all(world.now_ms)
        await page.save(3, "c", n=6)
        await lose_redis(world)
        stale = await page.save(4, "b")
        assert (stale["status"], stale["word"]) == (409, "stale_generation")
        told = await page.report("rejoin")
        assert (told["status"], told["word"], told["generation"], told["epoch"]) == (200, "claimed", 2, 1_000_000_002)
        assert told["items"] == [["a1", "a", 1, 1, 4], ["f2", "1", 2, 1, 5]]
        again = await page.report("rejoin")
        assert again["token"] == told["token"], "a repeat leads to the same pen"
        assert (await page.save(3, "c", t=told["token"]))["word"] == "saved"
        assert await saved_answers(world, page.attempt_id) == {1: "a", 3: "c"}


async def test_a_page_that_is_not_the_newest_cannot_join_a_rebuilt_sitting(world: World) -> None:
    async with an_open_exam(world) as page:
        newer = await opened(page.browser, page.attempt_id)
        await world.services.shipper.ship_all(world.now_ms)
        await lose_redis(world)
        told = await page.report("rejoin")
        assert (told["word"], "token" in told, "items" in told) == ("pen_lost", False, False)
        assert (await newer.report("rejoin"))["word"] == "claimed"


async def test_nobody_joins_another_persons_sitting(world: World) -> None:
    async with an_open_exam(world) as page, world.browser(await world.person()) as other:
        await lose_redis(world)
        sent = await other.post(page.path("rejoin"), data={"t": page.token})
        assert (sent.status_code, sent.json()) == (403, {"word": "not_owner"})
        async with world.browser() as nobody:
            sent = await nobody.post(page.path("rejoin"), data={"t": page.token})
            assert (sent.status_code, sent.json()) == (401, {"word": "revoked"})


@pytest.mark.parametrize("offset_ms", [-120_000, -1_900, 0, 1_900, 120_000])
async def test_a_host_whose_clock_is_off_cannot_move_the_time_by_more_than_two_seconds(
    database_url: str, redis_url: str, offset_ms: int
) -> None:
    true = ShiftedClock(0)
    clock = ShiftedClock(offset_ms)
    async with a_world(database_url, redis_url, clock=clock, demo=False) as world, an_open_exam(world) as page:
        told = await page.save(1, "a")
        assert told["word"] == "saved"
        assert abs(told["at"] - true.now_ms()) <= 2_000 + 1_500
        assert abs(page.left_ms - told["left"]) <= 10_000


@pytest.mark.parametrize(("offset_ms", "word"), [(-2_000, "saved"), (0, "saved"), (2_000, "too_late")])
async def test_two_hosts_that_differ_by_two_seconds_agree_but_for_those(
    database_url: str, redis_url: str, offset_ms: int, word: str
) -> None:
    """The deadline is a second away by Redis' own clock."""
    clock = ShiftedClock(0)
    async with a_world(database_url, redis_url, clock=clock, demo=False) as world, an_open_exam(world) as page:
        key = f"{{{page.attempt_id % 64:02d}}}:sitting:{page.attempt_id}"
        await world.services.calls.command("HSET", key, "d", clock.now_ms() + 1_900)
        clock.offset_ms = offset_ms
        assert (await page.save(1, "a"))["word"] == word
