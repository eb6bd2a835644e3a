"""What the exam page's script sends while a sitting runs: answers, pulses, reports. No SQL on this path.

Plain ASGI: a province's answers pass here. The guard has read, stamped and bounded the body.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from examengine import live
from examengine.live import Operation, Pen, Standing, Word
from examengine.live.desk import MAX_SEQUENCE
from examengine.records.errors import RecordsError
from examengine.web.messages import DESK_WORDS
from examengine.web.services import Services
from examengine.web.tokens import Session

PATH = re.compile(r"/sittings/(\d{1,18})/(answers|pulse|leave|return|focus)")
MAX_FIELDS = 12
RETRY_AFTER_S = 2
VALUES = {"a": re.compile(r"[a-z]{0,26}"), "f": re.compile(r"1?")}
NUMBER = re.compile(r"[0-9]{1,15}")

log = structlog.get_logger("examengine.live")


class LiveAnswers:
    """Answers ``/sittings/{id}/answers|pulse|leave|return|focus``; everything else goes on."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            found = PATH.fullmatch(scope["path"])
            if found is not None:
                status, answer = await self._answer(int(found[1]), found[2], scope["state"])
                await _send_json(send, status, answer)
                return
        await self._app(scope, receive, send)

    async def _answer(self, attempt_id: int, act: str, state: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        fields = _fields(state["body"])
        pen = self._pen(attempt_id, fields.get("t", ""), state["session"])
        if pen is None:
            return (401, {"word": "revoked"}) if state["session"] is None else (403, {"word": "not_owner"})
        try:
            sequence = _number(fields.get("n", "0"))
            if act == "answers":
                return await self._save(pen, sequence, fields, state["now_ms"])
            return await self._report(act, pen, sequence, state["now_ms"])
        except (ValueError, KeyError):
            return 400, {"word": "out_of_range"}
        except (live.Unavailable, RecordsError) as error:
            log.warning("not_saved", attempt=attempt_id, act=act, error=type(error).__name__)
            return 503, {"word": "unavailable"}

    def _pen(self, attempt_id: int, token: str, session: Session | None) -> Pen | None:
        page = self._services.tokens.read_page(token)
        if session is None or page is None:
            return None
        if page.attempt_id != attempt_id or page.person_id != session.person_id:
            return None
        return Pen(attempt_id, page.person_id, session.version, page.generation, page.epoch)

    async def _save(
        self, pen: Pen, sequence: int, fields: Mapping[str, str], now_ms: int
    ) -> tuple[int, dict[str, Any]]:
        kind, value = fields["k"], fields.get("v", "")
        if not VALUES[kind].fullmatch(value):
            raise ValueError(kind)
        base = _number(fields["b"])
        operation = Operation(sequence, kind, _number(fields["i"]), base, "".join(sorted(set(value))))
        saved = await self._services.desk.save(pen, operation, now_ms)
        status, answer = await self._told(pen, saved)
        if saved.kept is not None:
            answer["rev"] = saved.kept.revision
            if not saved.is_kept:
                answer["value"] = saved.kept.value
            elif saved.word in {Word.TOO_LATE, Word.CLOSED, Word.PEN_LOST}:
                answer["kept"] = True
        return status, answer

    async def _report(self, act: str, pen: Pen, sequence: int, now_ms: int) -> tuple[int, dict[str, Any]]:
        desk = self._services.desk
        match act:
            case "pulse":
                standing = await desk.pulse(pen, now_ms, sequence)
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
                        return 200, {**_carried(standing), "word": "forced", "go": _result(pen.attempt_id)}
        return await self._told(pen, standing)

    async def _told(self, pen: Pen, standing: Standing) -> tuple[int, dict[str, Any]]:
        answer = _carried(standing)
        match standing.word:
            case Word.FORCED:
                await self._services.finisher.forced(pen.attempt_id, standing.at_ms)
                answer["go"] = _result(pen.attempt_id)
            case Word.CLOSED:
                answer["go"] = _result(pen.attempt_id)
            case Word.PEN_LOST:
                answer["pen_since"] = standing.pen_since_ms
            case Word.OPENING:
                return 503, {"word": "absent"}
        return DESK_WORDS.get(standing.word.value, (200, ""))[0], answer


def _fields(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except (ValueError, UnicodeDecodeError):
        return {}


def _number(text: str) -> int:
    """A number that a page counts to. Redis computes with it and the journal keeps it, so it has a bound."""
    if not NUMBER.fullmatch(text) or int(text) > MAX_SEQUENCE:
        raise ValueError(text[:20])
    return int(text)


def _carried(standing: Standing) -> dict[str, Any]:
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
    }


def _result(attempt_id: int) -> str:
    return f"/sittings/{attempt_id}/result"


_encode = msgspec.json.Encoder().encode


async def _send_json(send: Send, status: int, answer: dict[str, Any]) -> None:
    body = _encode(answer)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
