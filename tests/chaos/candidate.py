"""A simulated person: starts, answers, is thrown out, comes back, hands in – and keeps what the page would keep."""

import asyncio
import json
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from tests.chaos.book import Book, Op, Paper
from tests.chaos.page import Item, Page, Stored, field_value, read_page
from tests.chaos.wire import Answer, LineDown, Wire

DONE = {"saved", "repeated"}
ENDED = {"closed", "too_late", "forced"}
AT_ONCE = 4
FIRST_WAIT_S, LONGEST_WAIT_S = 0.3, 5.0
PULSE_S = 40.0
LAST_PULSE_S = 30.0
TIME_UP_PULSE_S = 3.0
WATCH_S = 4.0
OUTCOME_PATIENCE_S = 150.0
REPEATED = 0.25
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; HUAWEI) Chrome/114.0 Mobile Safari/537.36",
)


@dataclass
class Hall:
    """What all candidates share. ``leaving``: no new attempts; ``hurry``: hand in now; ``steady``: no odd habits;
    ``once``: one attempt each.
    """

    book: Book
    port: int
    steady: bool = False
    once: bool = False
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody sits an exam; all drawn from the seed. Times in seconds."""

    without_script: bool
    closes_for_good: bool
    second_device: bool
    comes_back: bool
    gives_up: bool
    hands_in_after_s: float | None
    think_s: float


def habits(dice: random.Random, minutes: int) -> Habits:
    """One attempt's habits."""
    hands_in = dice.uniform(4, 50 * minutes) if dice.random() < 0.55 else None
    return Habits(
        without_script=dice.random() < 0.12,
        closes_for_good=dice.random() < 0.12,
        second_device=dice.random() < 0.25,
        comes_back=dice.random() < 0.25,
        gives_up=dice.random() < 0.03,
        hands_in_after_s=hands_in,
        think_s=dice.uniform(0.4, 3.0),
    )


STEADY = Habits(
    without_script=False,
    closes_for_good=False,
    second_device=False,
    comes_back=True,
    gives_up=False,
    hands_in_after_s=None,
    think_s=0.3,
)


CALM = replace(STEADY, comes_back=False, think_s=4.0)


class Candidate:
    """One person with one enrolment."""

    def __init__(self, hall: Hall, cookie: str, enrolment_id: int, minutes: int, dice: random.Random) -> None:
        self._hall = hall
        self._book = hall.book
        self._enrolment = enrolment_id
        self._minutes = minutes
        self._dice = dice
        self._wire = Wire(hall.port, cookie, dice.choice(AGENTS))
        self._work: set[asyncio.Task[None]] = set()

    async def live(self, begins_after_s: float) -> None:
        """Sit one attempt after the other until the hall closes."""
        try:
            await asyncio.sleep(begins_after_s)
            while not self._hall.leaving.is_set():
                paper = await self._start()
                if paper is None:
                    return
                usual = CALM if self._hall.once else STEADY
                await self._sit(paper, usual if self._hall.steady else habits(self._dice, self._minutes))
                if self._hall.once:
                    return
        finally:
            for task in self._work:
                task.cancel()
            self._wire.close()

    # ── starting ──

    async def _start(self) -> Paper | None:
        """The attempt that a confirm begins; None where there is none to be had."""
        wait = Backoff(self._dice)
        intent = ""
        while not (self._hall.leaving.is_set() and not intent):
            try:
                if not intent:
                    page = await self._wire.get(f"/enrolments/{self._enrolment}/contract")
                    if page.status == 303:
                        if page.location.startswith("/sittings/"):
                            return self._known(page)
                        return None
                    if page.status != 200:
                        await wait.after(page)
                        continue
                    intent = field_value(page.text, "intent")
                    self._book.intents.setdefault(intent_key(intent), None)
                begun = await self._confirm(intent)
            except (LineDown, ValueError):
                await wait.after(None)
                continue
            if begun.status == 303 and begun.location.startswith("/sittings/"):
                return self._book.begun(intent_key(intent), sitting_of(begun.location), self._who)
            if begun.status in {303, 200, 422}:
                intent = ""  # offered anew
            await wait.after(begun)
        return None

    async def _confirm(self, intent: str) -> Answer:
        fields = {"intent": intent, "honest": "1", "short": "1"}
        answer = await self._wire.post(f"/enrolments/{self._enrolment}/start", fields)
        if answer.status == 303 and self._dice.random() < REPEATED:
            again = await self._wire.post(f"/enrolments/{self._enrolment}/start", fields)
            if again.status == 303 and again.location != answer.location:
                self._book.duplicates.append(f"one intent led to {answer.location} and to {again.location}")
        return answer

    def _known(self, page: Answer) -> Paper | None:
        """An attempt that runs already: its confirm was heard, only the answer was lost."""
        attempt_id = sitting_of(page.location)
        known = self._book.papers.get(attempt_id)
        if known is None:
            known = Paper(attempt_id, "", self._who)
            self._book.papers[attempt_id] = known
            self._book.counts["attempts"] += 1
        return None if known.closed_s is not None else known

    @property
    def _who(self) -> str:
        return f"enrolment {self._enrolment}"

    # ── sitting ──

    async def _sit(self, paper: Paper, habit: Habits) -> None:
        device, stored = 0, {0: {}}  # what each device's browser keeps
        page = latest = await self._open(paper, device, stored[device])
        began_s = self._book.now_s()
        older: list[Page] = []
        answered = 0
        while page is not None and not paper.ended:
            latest = page
            now_s = self._book.now_s()
            hands_in = habit.hands_in_after_s is not None and now_s - began_s > habit.hands_in_after_s
            if page.dead == "over":
                break
            if page.dead or page.lost_pen:
                page = await self._open(paper, device, stored[device])
                continue
            if hands_in or self._hall.hurry.is_set():
                if await self._hand_in(paper, page, gives_up=habit.gives_up and hands_in):
                    break
            elif now_s > page.deadline_s() + OUTCOME_PATIENCE_S:
                break
            elif habit.closes_for_good and answered >= 8 and page.waiting() == 0:
                paper.closed_s = now_s
                self._book.counts["pages closed for good"] += 1
                return
            elif habit.second_device and answered in (5, 11, 17):
                answered += 1
                older.append(page)
                paper.moved_s[device] = now_s
                self._do(self._watch(paper, page))
                device = 1 - device
                page = await self._open(paper, device, stored.setdefault(device, {}))
                continue
            elif habit.comes_back and answered == 9 and page.waiting() == 0:
                answered += 1  # a reload
                page = await self._open(paper, device, stored[device])
                continue
            elif now_s < page.deadline_s() - 0.2:
                answered += await self._answer(paper, page, habit)
                if older and self._dice.random() < 0.3:
                    await self._answer(paper, older[-1], habit)  # whoever still sits at the other device
            await asyncio.sleep(self._dice.uniform(0.3, 1.7) * habit.think_s)
            await self._pulse_if_silent(paper, page)
        if latest is not None:
            await self._until_told(paper, latest)
        paper.ended = True

    async def _open(self, paper: Paper, device: int, stored: Stored) -> Page | None:
        """The exam page; None where the attempt is over. What its browser keeps is held against what it shows."""
        paper.away_s = self._book.now_s()
        wait = Backoff(self._dice)
        began_s = self._book.now_s()
        while True:
            try:
                answer = await self._wire.get(f"/sittings/{paper.attempt_id}")
                if answer.status == 200:
                    self._book.counts["pages opened"] += 1
                    page = read_page(paper.attempt_id, answer.text, self._book.now_s())
                    page.device, page.stored = device, stored
                    paper.deadline_s, paper.away_s = page.deadline_s(), None
                    self._book.counts["operations sent again after a rebuild"] += page.settle_leftovers()
                    paper.moved_s.pop(device, None)
                    return page
                paper.told(f"opening: {answer.status} {answer.location}", self._book.now_s())
                if answer.status == 303:
                    return None
                await wait.after(answer)
            except (LineDown, ValueError):
                await wait.after(None)
            if self._book.now_s() - began_s > OUTCOME_PATIENCE_S + self._minutes * 60:
                self._book.counts["pages never opened"] += 1
                return None

    async def _answer(self, paper: Paper, page: Page, habit: Habits) -> int:
        position = self._dice.choice(list(page.options))
        options = page.options[position]
        count = self._dice.randint(1, len(options)) if page.kinds.get(position) else 1
        value = "" if self._dice.random() < 0.06 else "".join(sorted(self._dice.sample(options, count)))
        if habit.without_script:
            return await self._post_form(paper, page, position, value)
        page.put(position, value)
        self._drain(paper, page)
        return 1

    async def _post_form(self, paper: Paper, page: Page, position: int, value: str) -> int:
        """保存 without a script: everything that is shown goes along; the page that comes back is a new one."""
        page.items[position].value = value
        given = {at: item.value for at, item in page.items.items()}
        fields: list[tuple[str, str]] = [("t", page.token), ("shown", ",".join(map(str, given))), ("do", "save")]
        fields += [(f"q{at}", option) for at, chosen in given.items() for option in chosen]
        now_s = self._book.now_s()
        changed = [at for at, chosen in given.items() if paper.differs(at, chosen)]
        ops = [paper.sent(at, given[at], f"form at {now_s:.2f}", now_s) for at in changed]
        wait, unheard = Backoff(self._dice), False
        for _ in range(12):
            try:
                answer = await self._wire.post(f"/sittings/{paper.attempt_id}/form", fields)
            except LineDown:
                unheard = True
                await wait.after(None)
                continue
            is_here = answer.status == 303 and not answer.location.endswith("/result")
            if is_here and answer.location != f"/sittings/{paper.attempt_id}":
                for op in ops:
                    self._book.acknowledged(op)
                self._book.counts["page saves"] += 1
                page.dead = "posted"
                return 1
            if answer.status == 303 and answer.location.endswith("/result"):
                # a form that was sent before, and whose answer was lost, may have been in time
                for op in ops if not unheard else ():
                    self._book.refused(op)
                page.dead = "over"
                return 1
            if answer.status == 303:
                # the bare page: a form with no answer in it, or a sitting that was rebuilt; nobody was told "saved"
                page.dead = "reload"
                return 1
            if answer.status in {409, 403, 401}:
                for op in ops if not unheard else ():
                    self._book.refused(op)
                page.dead = "taken"
                return 1
            unheard = True
            await wait.after(answer)
        page.dead = "unheard"
        return 1

    # ── the outbox ──

    def _drain(self, paper: Paper, page: Page) -> None:
        flying = sum(item.flying for item in page.items.values())
        for position in page.ready()[: max(0, AT_ONCE - flying)]:
            item = page.items[position]
            item.flying = True
            self._do(self._fly(paper, page, position, item))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Beside what the person does."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _fly(self, paper: Paper, page: Page, position: int, item: Item) -> None:
        """Send what a question waits with until the server has spoken."""
        wait = Backoff(self._dice)
        known: dict[tuple[int, int], Op] = {}
        try:
            while item.wanted is not None and not page.dead and not page.lost_pen:
                value, n, token, epoch = item.wanted, item.n, page.token, page.epoch
                op = known.get((epoch, n))
                if op is None:
                    op = known[epoch, n] = paper.sent(position, value, f"{epoch}.{n}", self._book.now_s())
                    op.device = page.device
                fields = {"t": token, "n": n, "i": position, "k": "a", "b": item.revision, "v": value}
                try:
                    answer = await self._wire.post(f"/sittings/{page.attempt_id}/answers", fields, json_wanted=True)
                except LineDown:
                    await wait.after(None)
                    continue
                told = answer.json()
                word = str(told.get("word", ""))
                self._book.words[word or str(answer.status)] += 1
                page.heard_s = self._book.now_s()
                page.left_s = float(told.get("left", page.left_s * 1000)) / 1000 if "left" in told else page.left_s
                if "left" in told:
                    page.opened_s = page.heard_s
                if word in DONE or told.get("kept"):
                    self._book.acknowledged(op)
                    item.value, item.mark = value, (epoch, n)
                    item.revision = int(told.get("rev", item.revision))
                    page.stored[position] = (value, item.mark, item.revision, str(told.get("ack", "")))
                    if item.n == n:
                        item.wanted = None
                if word != "stale_generation":  # it speaks of the rebuilt sitting, which this page has not joined
                    page.heard_shipped(int(told.get("ship", 0)))
                if word in DONE:
                    continue
                if word == "superseded":
                    self._book.refused(op)
                    item.value = str(told.get("value", item.value))
                    if isinstance(told.get("mark"), list):
                        item.mark = (int(told["mark"][0]), int(told["mark"][1]))
                    if item.n == n:
                        item.wanted = None
                elif word == "pen_lost":
                    if not told.get("kept"):
                        self._book.refused(op)
                    page.lost_pen = True
                    return
                elif word in ENDED:
                    if not told.get("kept"):
                        self._book.refused(op)
                    page.dead = "over"
                    return
                elif word == "stale_generation":
                    await self._rejoin(paper, page, token)
                elif answer.status in {400, 401, 403, 413}:
                    self._book.refused(op)
                    self._book.counts[f"refused with {answer.status}"] += 1
                    page.dead = "refused"
                    return
                else:
                    await wait.after(answer)
        finally:
            item.flying = False
            if not page.dead and not page.lost_pen:
                self._drain(paper, page)

    async def _rejoin(self, paper: Paper, page: Page, token: str) -> None:
        """The sitting was rebuilt: join it again, and send what it lacks (one page does so once)."""
        if page.token != token:
            return
        try:
            await self._redeem(paper, page, token)
            if page.token != token:
                return
            answer = await self._wire.post(f"/sittings/{page.attempt_id}/rejoin", {"t": token}, json_wanted=True)
        except LineDown:
            await asyncio.sleep(self._dice.uniform(0.2, 1.0))
            return
        told = answer.json()
        word = str(told.get("word", ""))
        self._book.words[f"rejoin {word or answer.status}"] += 1
        paper.told(f"rejoin: {word or answer.status}", self._book.now_s())
        if page.token != token:
            return
        if word == "claimed" and "token" in told:
            chosen = {position: item.wanted for position, item in page.items.items() if item.wanted is not None}
            self._book.counts["operations sent again after a rebuild"] += page.joined(told)
            for position, value in chosen.items():
                if page.items[position].wanted is None:
                    # what was waiting to be sent stands already: the page shows it as saved
                    op = paper.sent(position, value, f"{page.epoch}.0 joined", self._book.now_s())
                    self._book.acknowledged(op)
            return
        if word == "pen_lost":
            page.lost_pen = True
        elif word in ENDED:
            page.dead = "over"
        elif answer.status == 404:
            page.dead = "reload"  # a server without the act: the page says so and is loaded again
        else:
            await asyncio.sleep(self._dice.uniform(0.3, 1.5))

    async def _redeem(self, paper: Paper, page: Page, token: str) -> None:
        """What was acknowledged and may be lost, with its proofs.

        Raises:
            LineDown: the server has not spoken.
        """
        lost = page.proved()
        if not lost:
            return
        fields = {"t": token, "lost": json.dumps(lost)}
        answer = await self._wire.post(f"/sittings/{page.attempt_id}/redeem", fields, json_wanted=True)
        told = answer.json()
        word = str(told.get("word", answer.status))
        self._book.words[f"redeem {word}"] += 1
        paper.told(f"redeem {len(lost)}: {word} {told.get('written', '')}", self._book.now_s())
        if answer.status >= 500:
            raise LineDown
        self._book.counts["answers brought back"] += int(told.get("written", 0))

    async def _watch(self, paper: Paper, page: Page) -> None:
        """A page that has given the pen away asks until all it was told is saved is in SQL (redeem.js)."""
        while page.stored and not paper.ended:
            await asyncio.sleep(WATCH_S * self._dice.uniform(0.75, 1.25))
            fields = {"t": page.token, "n": page.number()}
            try:
                answer = await self._wire.post(f"/sittings/{page.attempt_id}/pulse", fields, json_wanted=True)
                told = answer.json()
                word = str(told.get("word", ""))
                if word == "stale_generation":
                    await self._redeem(paper, page, page.token)
                    return
            except LineDown:
                continue
            if word == "closed":
                return
            page.heard_shipped(int(told.get("ship", 0)))

    async def _pulse_if_silent(self, paper: Paper, page: Page | None) -> None:
        if page is None or page.dead or page.lost_pen:
            return
        now_s = self._book.now_s()
        silent_s = now_s - page.heard_s
        left_s = page.deadline_s() - now_s
        often_s = TIME_UP_PULSE_S if left_s < 0 else LAST_PULSE_S / 3 if left_s < LAST_PULSE_S else PULSE_S
        if silent_s < often_s:
            return
        fields, token = {"t": page.token, "n": page.number()}, page.token
        try:
            answer = await self._wire.post(f"/sittings/{page.attempt_id}/pulse", fields, json_wanted=True)
        except LineDown:
            return
        page.heard_s = self._book.now_s()
        word = str(answer.json().get("word", ""))
        self._book.words[f"pulse {word or answer.status}"] += 1
        if word not in {"alive", "unavailable"}:
            paper.told(f"pulse: {word or answer.status}", page.heard_s)
        if word == "stale_generation":
            await self._rejoin(paper, page, token)
        elif word == "pen_lost":
            page.lost_pen = True
        elif word in ENDED:
            page.dead = "over"

    # ── ending ──

    async def _hand_in(self, paper: Paper, page: Page, *, gives_up: bool) -> bool:
        """Hand in when nothing waits any more, or give up; True where the attempt is over."""
        if page.waiting():
            self._drain(paper, page)
            return False
        act = "give-up" if gives_up else "hand-in"
        try:
            answer = await self._wire.post(f"/sittings/{page.attempt_id}/{act}", {"t": page.token, "sure": "1"})
        except LineDown:
            await asyncio.sleep(self._dice.uniform(0.3, 1.5))
            return False
        if answer.status == 303 and answer.location.endswith("/result"):
            self._book.counts["handed in"] += 1
            return True
        if answer.status == 202:
            return True
        if answer.status in {303, 409}:
            page.dead = "reload"
        await asyncio.sleep(self._dice.uniform(0.3, 1.5))
        return False

    async def _until_told(self, paper: Paper, page: Page) -> None:
        """Look at the result until it stands; the page that waits brings back what its browser keeps, too."""
        wait = Backoff(self._dice)
        began_s = self._book.now_s()
        while self._book.now_s() - began_s < OUTCOME_PATIENCE_S:
            try:
                answer = await self._wire.get(f"/sittings/{paper.attempt_id}/result")
                if answer.status == 200:
                    self._book.counts["results seen"] += 1
                    return
                if page.stored:
                    await self._redeem(paper, page, page.token)
                await wait.after(answer)
            except LineDown:
                await wait.after(None)
        self._book.counts["results not seen"] += 1


class Backoff:
    """Waits longer each time, with jitter, and as long as the server asks."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._wait_s = FIRST_WAIT_S

    async def after(self, answer: Answer | None) -> None:
        asked_s = float(answer.headers.get("retry-after", 0) or 0) if answer is not None else 0.0
        await asyncio.sleep(max(asked_s, self._wait_s) * self._dice.uniform(0.5, 1.0))
        self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)


def sitting_of(location: str) -> int:
    """The attempt in ``/sittings/12/…``."""
    return int(location.removeprefix("/sittings/").partition("/")[0].partition("#")[0])


def intent_key(token: str) -> str:
    """The intent as the record keeps it, from the signed one: enrolment.round.no.nonce."""
    _act, enrolment, _person, round_no, no, nonce, *_ = token.rsplit(".", 1)[0].split("~")
    return f"{enrolment}.{round_no}.{no}.{nonce}"
