"""What the exam page's script sends while a sitting runs: answers, pulses, reports, and how it joins a sitting again
that was rebuilt. No SQL on this path, but for a sitting that Redis does not know.

Plain ASGI: a province's answers pass here. The guard has read, stamped and bounded the body.
"""

import asyncio
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import unquote_plus

import msgspec
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from examengine import live
from examengine.banks.responses import bounded
from examengine.incidents.announcing import Audience
from examengine.incidents.announcing import told as announced_told
from examengine.live import CloseReason, Operation, Pen, Standing, Word
from examengine.live.desk import MAX_SEQUENCE, Acknowledged
from examengine.live.replies import Brief, Saved, brief, shipped_revision
from examengine.live.replies import saved as read_saved
from examengine.live.replies import standing as read_standing
from examengine.logs import step
from examengine.records.errors import RecordsError
from examengine.web.device import device_here, device_told
from examengine.web.messages import DESK_WORDS
from examengine.web.security import HTTPS_ONLY
from examengine.web.services import Services
from examengine.web.tokens import PageToken, Session, Told

PATH = re.compile(r"/sittings/(\d{1,18})/(answers|pulse|leave|return|focus|rejoin|redeem|announcements)")
SHORT = frozenset({"answers", "pulse"})
"""What pages send by the thousand a second."""
MAX_FIELDS = 12
RETRY_AFTER_S = (1, 3)
NEWS_WITHIN_S, NEWS_WITHIN_S_IN_A_DEMO = 15, 2
"""Over so many seconds a province's pages spread their asking for an announcement."""
LAST_MS = 30_000
"""In which each page pulses once more, and is told over which time its like ask when their time is up."""
FORCED_EXITS = frozenset({CloseReason.PAGE_LEAVE, CloseReason.FOCUS_LOSS})
FLAGS = frozenset({"", "1"})
ITEM = re.compile(r"[af][1-9]\d{0,3}")
MOST_DIGITS = 15

_FAULTS = (ValueError, KeyError, msgspec.DecodeError, live.Unavailable, RecordsError)
"""What a page asked that makes no sense, and stores that are away."""

Answer = tuple[int, dict[str, Any]]
"""HTTP status and content."""

log = structlog.get_logger("examengine.live")
_dice = random.SystemRandom()


@dataclass(slots=True)
class Asked:
    """What the desk was asked for a page; ``operation`` None: a pulse. ``all_sent``: it said that nothing waits."""

    pen: Pen
    operation: Operation | None
    reply: asyncio.Future[Sequence[Any]]
    all_sent: bool = False

    @property
    def act(self) -> str:
        return "pulse" if self.operation is None else "answers"


class LiveAnswers:
    """Answers ``/sittings/{id}/answers|pulse|leave|return|focus|rejoin|redeem|announcements``; the rest goes on."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            found = PATH.fullmatch(scope["path"])
            if found is not None:
                status, answer = await self.answer(int(found[1]), found[2], scope)
                await _send_json(send, status, answer)
                return
        await self._app(scope, receive, send)

    async def answer(self, attempt_id: int, act: str, scope: Scope) -> Answer:
        """Status and answer to an act of an exam page; ``scope`` was read and stamped by a guard. How soon is counted
        where it was an answer of the candidate's.
        """
        if act != "answers":
            return await self._answer(attempt_id, act, scope)
        figures, status = self._services.figures, 503
        began_s = figures.began()
        try:
            status, answer = await self._answer(attempt_id, act, scope)
        finally:
            figures.ended(began_s, refused=status == 503)
        return status, answer

    # ── answers and signs of life, in steps: nobody need wait for them in a task ──

    def ask(self, attempt_id: int, act: str, session: Session | None, body: bytes, now_ms: int) -> Asked | Answer:
        """Ask the desk what an answer or a pulse wants to know; or what to answer where nothing needs to be asked."""
        fields = _fields(body)
        page = self._page(attempt_id, fields.get("t", ""), session)
        if page is None or session is None:
            return _unread(session)
        pen = Pen(attempt_id, page.person_id, session.version, page.generation, page.epoch)
        try:
            if act == "pulse":
                sequence, all_sent = _number(fields.get("n", "0")), fields.get("done") == "1"
                reply = self._services.desk.ask_pulse(pen, now_ms, sequence, all_sent=all_sent)
                return Asked(pen, None, reply, all_sent)
            kind = fields["k"]
            value = _value(kind, fields.get("v", ""))
            sequence, position = _number(fields.get("n", "0")), _number(fields["i"])
            operation = Operation(sequence, kind, position, _number(fields["b"]), value)
            return Asked(pen, operation, self._services.desk.ask_save(pen, operation, now_ms))
        except _FAULTS as error:
            return self.failed(pen, act, error)

    def tell(self, asked: Asked, reply: Sequence[Any]) -> Answer | None:
        """The answer to what the desk has said; None where there is something to think about: :meth:`think`."""
        pen, operation = asked.pen, asked.operation
        standing = brief(reply, Word.ALIVE if operation is None else Word.SAVED)
        if standing is None:
            return None
        answer = self._carried(standing)
        if operation is not None:  # this very operation, with the stamp of the reply
            answer["ack"] = self._acknowledged(pen, operation, standing.at_ms)
        elif standing.left_ms <= LAST_MS:
            answer["spread"] = self._services.backlog.spread_ms(standing.deadline_ms, standing.at_ms)
        return self._with_news(pen, 200, answer)

    async def think(self, asked: Asked, reply: Sequence[Any]) -> Answer:
        """The answer where neither an answer was saved nor a page is simply alive."""
        pen, operation = asked.pen, asked.operation
        try:
            if operation is None:
                standing = read_standing(Standing, reply)
                status, answer = await self._told(pen, standing, all_sent=asked.all_sent)
                await self._hold(pen, standing, answer)
            else:
                saved = read_saved(reply, pen.epoch, operation.sequence, operation.value)
                status, answer = await self._told(pen, saved)
                answer = self._saved(pen, operation, saved, answer)
                await self._hold(pen, saved, answer)
        except _FAULTS as error:
            return self.failed(pen, asked.act, error)
        return self._with_news(pen, status, answer)

    async def _hold(self, pen: Pen, standing: Standing, answer: dict[str, Any]) -> None:
        """Where many end at one deadline recording goes first: a page that waits by itself goes for its result when
        that has its turn. Whoever opens the result is shown it all the same.
        """
        if standing.word is not Word.CLOSED or standing.close_reason != CloseReason.DEADLINE:
            return
        held_ms = await self._services.backlog.held_ms(pen.attempt_id, standing.deadline_ms, standing.at_ms)
        if held_ms:
            del answer["go"]
            answer.update(word=Word.TOO_LATE.value, wait=held_ms)

    def failed(self, pen: Pen, act: str, error: BaseException) -> Answer:
        """What is answered where a page asked what makes no sense, or a store is away."""
        if isinstance(error, live.Unavailable | RecordsError):
            log.warning("not_saved", attempt=pen.attempt_id, act=act, error=type(error).__name__)
            return self._with_news(pen, 503, {"word": "unavailable"})
        return self._with_news(pen, 400, {"word": "out_of_range"})

    def _with_news(self, pen: Pen, status: int, answer: dict[str, Any]) -> Answer:
        if newest := self._services.notices.newest_for(pen.owner_id):
            answer["news"] = (newest, NEWS_WITHIN_S if not self._services.settings.demo else NEWS_WITHIN_S_IN_A_DEMO)
        return status, answer

    def _saved(self, pen: Pen, operation: Operation, saved: Saved, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer to an operation, with what stands now and the proof that it was this."""
        if saved.kept is not None:
            answer["rev"] = saved.kept.revision
            if saved.is_kept:
                answer["ack"] = self._acknowledged(pen, operation, saved.kept.at_ms)
            if not saved.is_kept:
                answer["value"] = saved.kept.value
                answer["mark"] = saved.kept.mark
            elif saved.word in {Word.TOO_LATE, Word.CLOSED, Word.PEN_LOST}:
                answer["kept"] = True
        return answer

    def _acknowledged(self, pen: Pen, operation: Operation, at_ms: int) -> str:
        item = f"{operation.kind}{operation.position}"
        told = Told(item, pen.epoch, operation.sequence, operation.value, at_ms)
        return self._services.tokens.acknowledgement(pen.attempt_id, pen.owner_id, told)

    # ── every act ──

    async def _answer(self, attempt_id: int, act: str, scope: Scope) -> Answer:
        state = scope["state"]
        session, now_ms = state["session"], state["now_ms"]
        if act in SHORT:
            return await self._asked(self.ask(attempt_id, act, session, state["body"], now_ms))
        fields = _fields(state["body"])
        page = self._page(attempt_id, fields.get("t", ""), session)
        if page is None:
            return _unread(session)
        if act == "announcements":
            return self._announcements(page, fields.get("about", ""), now_ms)
        pen = Pen(attempt_id, page.person_id, session.version, page.generation, page.epoch)
        try:
            if act == "redeem":
                status, answer = await self._redeem(pen, fields.get("lost", ""), now_ms)
            elif act == "rejoin":
                status, answer = await self._rejoin(pen, page.page_id, self._device(scope), now_ms)
            else:
                status, answer = await self._report(act, pen, _number(fields.get("n", "0")), now_ms)
        except _FAULTS as error:
            return self.failed(pen, act, error)
        return self._with_news(pen, status, answer)

    async def _asked(self, asked: Asked | Answer) -> Answer:
        """What a task waits for in one go that others do in steps."""
        if not isinstance(asked, Asked):
            return asked
        began_s = perf_counter()
        try:
            reply = await asked.reply
        except _FAULTS as error:
            return self.failed(asked.pen, asked.act, error)
        finally:
            step("desk", began_s)
        return self.tell(asked, reply) or await self.think(asked, reply)

    def _announcements(self, page: PageToken, about: str, now_ms: int) -> Answer:
        """What this page's candidate is to see now; from memory."""
        notices, said = self._services.notices, self._services.tokens.read_about(about)
        if said is None or said.attempt_id != page.attempt_id:
            return 403, {"word": "not_owner"}
        audience = Audience(page.person_id, frozenset([said.exam_id]), said.region, said.unit)
        shown = announced_told(notices.shown_to(audience, now_ms))
        return 200, {"word": "announced", "number": notices.newest_for(page.person_id), "notices": shown}

    def _page(self, attempt_id: int, token: str, session: Session | None) -> PageToken | None:
        page = self._services.tokens.read_page(token)
        if session is None or page is None:
            return None
        if page.attempt_id != attempt_id or page.person_id != session.person_id:
            return None
        return page

    def _device(self, scope: Scope) -> str:
        client = scope.get("client")
        return device_here(agent_of(scope), client[0] if client else None, self._services.tokens.network)

    async def _rejoin(self, pen: Pen, page_id: str, device: str, now_ms: int) -> Answer:
        """An open page goes on in the sitting that was rebuilt: a token of now, and all that the sitting holds."""
        joined = await self._services.desk.rejoin(
            pen.attempt_id,
            pen.owner_id,
            pen.session_version,
            pen.generation,
            pen.epoch,
            page_id,
            device,
            now_ms,
        )
        status, answer = await self._told(pen, joined)
        if joined.word is Word.PEN_LOST:
            answer["pen_where"] = device_told(joined.device)
        if joined.word is Word.CLAIMED:
            token = PageToken(pen.attempt_id, pen.owner_id, joined.generation, joined.epoch, page_id)
            answer["token"] = self._services.tokens.page(token)
            answer["generation"] = joined.generation
            answer["items"] = [
                (f"{kind}{position}", kept.value, kept.revision, kept.epoch, kept.sequence)
                for kind, items in (("a", joined.answers), ("f", joined.flags))
                for position, kept in items.items()
            ]
        return status, answer

    async def _redeem(self, pen: Pen, lost: str, now_ms: int) -> Answer:
        """Redis was lost: what the page can prove to have been acknowledged in time is written again."""
        operations = []
        for item, epoch, sequence, text, ack in _read_lost(lost.encode()):
            if not ITEM.fullmatch(item):
                raise ValueError(item)
            told = Told(item, epoch, sequence, _value(item[0], text))
            proved = self._services.tokens.read_acknowledgement(ack, pen.attempt_id, pen.owner_id, told)
            if proved is not None:
                operations.append(Acknowledged(item[0], int(item[1:]), epoch, sequence, proved.at_ms, proved.value))
        redeemed = await self._services.desk.redeem(
            pen.attempt_id, pen.owner_id, pen.session_version, operations, now_ms
        )
        if redeemed.written:
            log.warning("acknowledged_answers_brought_back", attempt=pen.attempt_id, written=redeemed.written)
        status, answer = await self._told(pen, redeemed)
        return status, {**answer, "written": redeemed.written}

    async def _report(self, act: str, pen: Pen, sequence: int, now_ms: int) -> Answer:
        desk = self._services.desk
        match act:
            case "leave":
                standing = await desk.leave(pen, sequence, now_ms)
            case "return":
                standing = await desk.come_back(pen, sequence, now_ms)
            case _:
                standing = await desk.lose_focus(pen, sequence, now_ms)
                # also one said again: at the first time the record may have been away
                if standing.word in {Word.COUNTED, Word.REPEATED}:
                    ended = await self._services.finisher.after_focus_loss(
                        pen.attempt_id, standing.focus_losses, standing.at_ms
                    )
                    if ended is not None:
                        return 200, {**self._carried(standing), "word": "forced", "go": _result(pen.attempt_id)}
        return await self._told(pen, standing)

    async def _told(self, pen: Pen, standing: Standing, *, all_sent: bool = False) -> Answer:
        answer = self._carried(standing)
        match standing.word:
            case Word.FORCED:
                if await self._services.finisher.forced(pen.attempt_id, standing.at_ms) is None:
                    return 503, {"word": "absent"}  # it does not count: we may not have heard the return
                answer["go"] = _result(pen.attempt_id)
            case Word.CLOSED:
                if standing.close_reason in FORCED_EXITS:  # a page that asks twice at once hears the same twice
                    answer["word"] = Word.FORCED.value
                answer["go"] = _result(pen.attempt_id)
            case Word.TOO_LATE:
                backlog = self._services.backlog
                all_sent = all_sent and standing.epoch == pen.epoch
                answer["wait"] = await backlog.wait_ms(
                    pen.attempt_id, standing.deadline_ms, standing.at_ms, all_sent=all_sent
                )
            case Word.PEN_LOST:
                answer["pen_since"] = standing.pen_since_ms
            case Word.OPENING:
                return 503, {"word": "absent"}
            case Word.ABSENT:
                return await self._absent(pen.attempt_id, standing.at_ms)
        return DESK_WORDS.get(standing.word.value, (200, ""))[0], answer

    def _carried(self, standing: Standing | Brief) -> dict[str, Any]:
        """What every answer tells the page. A stranger's sitting tells nothing."""
        if not standing.state:
            return {"word": standing.word.value}
        return {
            "word": standing.word.value,
            "at": standing.at_ms,
            "rev": standing.revision,
            "left": standing.left_ms,
            "deadline": standing.deadline_ms,
            "deadline_reason": standing.deadline_reason,
            "epoch": standing.epoch,
            "focus_losses": standing.focus_losses,
            "ship": shipped_revision(standing, self._services.shipped_until.at_ms),
        }

    async def _absent(self, attempt_id: int, now_ms: int) -> Answer:
        """Redis does not know it: over since long, or committed and never opened. The page asks once more then."""
        known = await self._services.starter.whereabouts(attempt_id, now_ms)
        if known in {Word.CLOSED, Word.TOO_LATE}:
            return 200, {"word": known.value, "go": _result(attempt_id)}
        return 503, {"word": "absent"}


def _unread(session: Session | None) -> Answer:
    """To a page whose token does not hold for whoever is signed in."""
    return (401, {"word": "revoked"}) if session is None else (403, {"word": "not_owner"})


def agent_of(scope: Scope) -> str:
    """The browser's description of itself, "" where it gives none."""
    for header, value in scope["headers"]:
        if header == b"user-agent":
            return str(value.decode("latin-1"))
    return ""


def _fields(body: bytes) -> dict[str, str]:
    """What a form of few fields holds, the last of each name; the library's reader costs as much as all else here."""
    try:
        pairs = body.decode("ascii").split("&")
    except UnicodeDecodeError:
        return {}
    if len(pairs) > MAX_FIELDS:
        return {}
    fields: dict[str, str] = {}
    for pair in pairs:
        name, _equals, value = pair.partition("=")
        fields[name] = unquote_plus(value) if "%" in value or "+" in value else value
    return fields


def _value(kind: str, text: str) -> str:
    if kind == "a":
        return bounded(text)
    if kind != "f" or text not in FLAGS:
        raise ValueError(kind)
    return text


def _number(text: str) -> int:
    """A number that a page counts to. Redis computes with it and the journal keeps it, so it has a bound."""
    if not (len(text) <= MOST_DIGITS and text.isascii() and text.isdecimal()) or (number := int(text)) > MAX_SEQUENCE:
        raise ValueError(text[:20])
    return number


def _result(attempt_id: int) -> str:
    return f"/sittings/{attempt_id}/result"


_read_lost = msgspec.json.Decoder(list[tuple[str, int, int, str, str]]).decode
_encode = msgspec.json.Encoder().encode


Headers = tuple[tuple[bytes, bytes], ...]


def answer_headers(*, https: bool) -> Headers:
    """The headers of an answer that a script reads: what a browser may make of a page does not concern it."""
    always = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
    return (*always, HTTPS_ONLY) if https else always


def packed(status: int, answer: dict[str, Any]) -> tuple[bytes, Headers]:
    """An answer's body and the headers that go with it."""
    body = _encode(answer)
    headers: Headers = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)))
    if status == 503:
        # a province that asks again in the same second would be another outage
        headers = (*headers, (b"retry-after", b"%d" % _dice.randint(*RETRY_AFTER_S)))
    return body, headers


async def _send_json(send: Send, status: int, answer: dict[str, Any]) -> None:
    body, headers = packed(status, answer)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
