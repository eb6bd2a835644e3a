"""One synthetic candidate: signs in, starts, changes an answer every 40 s, pulses as the page does, hands in."""

import asyncio
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import msgspec

from examengine.drill.figures import Figures
from examengine.drill.line import Answer, Line, LineDown
from examengine.drill.plan import CHANGE_EVERY_S, RELOADS
from examengine.drill.prepare import PASSWORD, Somebody

PULSE_S = (35.0, 45.0)
AGAIN_S = (0.3, 1.2)
MOST_TRIES = 6
LINE_S = 900.0
"""So long somebody stays in the line before a sign-in or a start."""
IN_LINE = re.compile(r"/enrolments/\d+/waiting\b|/login\?place=")
RESULT_TRIES = 60
SAVED = frozenset({"saved", "repeated"})

_decode = msgspec.json.Decoder().decode


class GaveUp(Exception):  # noqa: N818 - the candidate does
    """What he asked for again and again was not to be had."""


@dataclass(slots=True)
class Sheet:
    """The open page: what it is addressed by, and what was acknowledged of it, by position."""

    attempt_id: int
    token: str
    options: Mapping[int, list[str]]
    many: frozenset[int]
    sequence: int = 0
    revisions: dict[int, int] = field(default_factory=dict)
    acknowledged: dict[int, str] = field(default_factory=dict)


class Candidate:
    """``cookie_name`` is the session's; times are the event loop's, in seconds."""

    def __init__(
        self, somebody: Somebody, line: Line, figures: Figures, cookie_name: str, dice: random.Random
    ) -> None:
        self._somebody = somebody
        self._line = line
        self._figures = figures
        self._dice = dice
        self._cookie = f"{cookie_name}={somebody.session}" if somebody.session else ""
        self.sheet: Sheet | None = None
        self.has_ended = False

    async def sit(self, starts_at_s: float, hands_in_at_s: float) -> None:
        """The whole exam. What fails is counted where it fails."""
        await _until(starts_at_s)
        try:
            if not self._cookie:
                await self._sign_in()
            self.sheet = await self._start()
            self._figures.sitting += 1
            try:
                await self._work(self.sheet, hands_in_at_s)
                await self._hand_in(self.sheet)
            finally:
                self._figures.sitting -= 1
            self.has_ended = True
        except GaveUp:
            return

    # ── before ──

    async def _sign_in(self) -> None:
        fields = {"username": self._somebody.username, "password": PASSWORD, "next": "/my"}
        answer = await self._insist("sign_in", "/login", fields, lambda one: one.status == 303 and bool(one.cookies))
        self._cookie = "; ".join(answer.cookies)
        await self._insist("my", "/my", None, lambda one: one.status == 200)

    async def _start(self) -> Sheet:
        """From the contract to the delivered paper: what counts as a start is the confirm and the page after it."""
        where = f"/enrolments/{self._somebody.enrolment_id}"
        shown = await self._insist("contract", f"{where}/contract", None, _is_contract)
        fields = {"intent": _field(shown.text, "intent"), "honest": "1", "short": "1"}
        begun = await self._insist("start", f"{where}/start", fields, _is_sitting, counts=False)
        page = await self._insist(
            "start", begun.location, None, lambda one: one.status == 200, before_s=begun.seconds
        )
        return _sheet(int(begun.location.rsplit("/", 1)[1]), page.text)

    # ── at work ──

    async def _work(self, sheet: Sheet, until_s: float) -> None:
        now_s = _now_s()
        change_s = now_s + self._dice.uniform(1.0, CHANGE_EVERY_S)
        pulse_s = now_s + self._dice.uniform(*PULSE_S)
        reload_s = self._dice.uniform(now_s, until_s) if self._dice.random() < RELOADS else until_s
        while (next_s := min(change_s, pulse_s, reload_s, until_s)) < until_s:
            await _until(next_s)
            if next_s == reload_s:
                reload_s = until_s
                page = await self._insist(
                    "reopen", f"/sittings/{sheet.attempt_id}", None, lambda one: one.status == 200
                )
                again = _sheet(sheet.attempt_id, page.text)
                sheet.token, sheet.sequence = again.token, sheet.sequence + 1
            elif next_s == change_s:
                await self._save(sheet)
                change_s = next_s + self._dice.uniform(0.5, 1.5) * CHANGE_EVERY_S
            else:
                sheet.sequence += 1
                fields: dict[str, str | int] = {"t": sheet.token, "n": sheet.sequence}
                await self._insist("pulse", f"/sittings/{sheet.attempt_id}/pulse", fields, _is_alive, json=True)
            pulse_s = _now_s() + self._dice.uniform(*PULSE_S)  # something was heard
        await _until(until_s)

    async def _save(self, sheet: Sheet) -> None:
        position = self._dice.choice(list(sheet.options))
        options = sheet.options[position]
        count = self._dice.randint(1, len(options)) if position in sheet.many else 1
        value = "".join(sorted(self._dice.sample(options, count)))
        sheet.sequence += 1
        fields: dict[str, str | int] = {"t": sheet.token, "n": sheet.sequence, "i": position, "k": "a"}
        fields |= {"b": sheet.revisions.get(position, 0), "v": value}
        answer = await self._insist("save", f"/sittings/{sheet.attempt_id}/answers", fields, _is_saved, json=True)
        sheet.revisions[position] = int(_told(answer).get("rev", 0))
        sheet.acknowledged[position] = value

    async def _hand_in(self, sheet: Sheet) -> None:
        """From the hand-in to the marked result."""
        where = f"/sittings/{sheet.attempt_id}"
        fields: dict[str, str | int] = {"t": sheet.token, "sure": "1"}
        given = await self._insist(
            "hand_in", f"{where}/hand-in", fields, lambda one: one.status in (202, 303), counts=False
        )
        began_s = time.perf_counter()
        for _ in range(RESULT_TRIES):
            shown = await self._insist(
                "hand_in", f"{where}/result", None, lambda one: one.status in (200, 202), counts=False
            )
            if shown.status == 200:
                self._figures.took("hand_in", given.seconds + time.perf_counter() - began_s)
                return
            await asyncio.sleep(1)
        self._figures.failed("hand_in", "no result")
        raise GaveUp

    # ── asking ──

    async def _insist(
        self,
        what: str,
        path: str,
        fields: Mapping[str, str | int] | None,
        is_good: Any,
        *,
        json: bool = False,
        counts: bool = True,
        before_s: float = 0.0,
    ) -> Answer:
        """Ask until the answer is what it should be. Whoever is sent to the line waits there, which is no failure.

        Raises:
            GaveUp: it never was.
        """
        for _ in range(MOST_TRIES):
            try:
                answer = await self._line.ask(path, fields, cookie=self._cookie, json=json)
                while IN_LINE.match(answer.location):
                    await self._wait_in_line(answer.location)
                    answer = await self._line.ask(path, fields, cookie=self._cookie, json=json)
            except LineDown as error:
                self._figures.failed(what, str(error))
            else:
                if is_good(answer):
                    if counts:
                        self._figures.took(what, before_s + answer.seconds)
                    return answer
                word = _told(answer).get("word", "") if json else answer.location
                self._figures.failed(what, f"{answer.status} {word}".strip())
            await asyncio.sleep(self._dice.uniform(*AGAIN_S))
        raise GaveUp

    async def _wait_in_line(self, href: str) -> None:
        """Ask for one's place as the page's script does, until the turn has come.

        Raises:
            LineDown: there is no answer.
            GaveUp: it takes longer than anybody would stay.
        """
        began_s = _now_s()
        while _now_s() - began_s < LINE_S:
            told = _told(await self._line.ask(href, cookie=self._cookie, json=True))
            if told.get("word") != "wait":
                return
            href = str(told.get("href", href))
            await asyncio.sleep(float(told.get("retry_ms", 1000)) / 1000)
            self._figures.queued_s = max(self._figures.queued_s, _now_s() - began_s)
        self._figures.failed("line", "too long")
        raise GaveUp


def _now_s() -> float:
    return asyncio.get_running_loop().time()


async def _until(at_s: float) -> None:
    await asyncio.sleep(max(0.0, at_s - _now_s()))


def _is_contract(answer: Answer) -> bool:
    return answer.status == 200 and 'name="intent"' in answer.text


def _is_sitting(answer: Answer) -> bool:
    return answer.status == 303 and re.fullmatch(r"/sittings/\d+", answer.location) is not None


def _is_saved(answer: Answer) -> bool:
    return answer.status == 200 and _told(answer).get("word") in SAVED


def _is_alive(answer: Answer) -> bool:
    return answer.status == 200 and _told(answer).get("word") == "alive"


def _told(answer: Answer) -> Mapping[str, Any]:
    try:
        said = _decode(answer.text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return said if isinstance(said, dict) else {}


def _sheet(attempt_id: int, html: str) -> Sheet:
    """Read the exam page."""
    options: dict[int, list[str]] = {}
    many = set()
    for tag in re.findall(r"<input\b[^>]*>", html):
        named = re.search(r'name="q(\d+)"', tag)
        value = re.search(r'value="([a-z])"', tag)
        if named and value:
            options.setdefault(int(named[1]), []).append(value[1])
            if 'type="checkbox"' in tag:
                many.add(int(named[1]))
    token = re.search(r'data-token="([^"]*)"', html)
    if token is None or not options:
        raise GaveUp
    return Sheet(attempt_id, unescape(token[1]), options, frozenset(many))


def _field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html)
    return unescape(found[1]) if found else ""
