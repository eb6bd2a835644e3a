"""What the pages on which somebody waits his turn share: how they are asked, and what they remember for him."""

import random
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from examengine.live.admission import Place, retry_ms
from examengine.web.candidate.waiting_words import promised_ms
from examengine.web.contexts.waiting import Waiting
from examengine.web.guards import wants_json
from examengine.web.http import page

_MOMENT = re.compile(r"[1-9][0-9]{0,14}")
_dice = random.SystemRandom()

Moments = tuple[int, int]
"""Since when the place is held, and for when the turn was promised, ms; carried along in the address."""


def again_ms(place: Place) -> int:
    """When a page asks next: those who were told at the same moment come back spread out."""
    return retry_ms(place, _dice.random())


def spread(span_ms: int) -> int:
    """About so long, for one of many."""
    return round(span_ms * (1 + 0.3 * _dice.random()))


def told(place: Place, now_ms: int, before: Moments | None = None) -> Moments:
    """What a page remembers of what it is told now."""
    return place.joined_ms, promised_ms(place, now_ms, before)


def named(moments: Moments | None) -> dict[str, str]:
    """The moments as fields of an address."""
    return {} if moments is None else {"since": str(moments[0]), "until": str(moments[1])}


def moments_of(since: str, until: str) -> Moments | None:
    """The moments as a page sent them; None where it was told nothing yet."""
    return (int(since), int(until)) if _MOMENT.fullmatch(since) and _MOMENT.fullmatch(until) else None


def asked_moments(request: Request) -> Moments | None:
    """The moments in the address."""
    asked = request.query_params
    return moments_of(asked.get("since", ""), asked.get("until", ""))


def answer(request: Request, context: Waiting) -> Response:
    """The page, or the same in JSON for its script."""
    if wants_json(request.scope):
        response: Response = JSONResponse(
            {
                "word": "turn" if context.is_turn else "wait",
                "title": context.title,
                "lead": context.lead,
                "before": context.before,
                "note": context.note,
                "cost": context.cost,
                "href": context.href,
                "retry_ms": context.retry_ms,
            }
        )
    else:
        response = page("waiting.html", context)
    response.headers["retry-after"] = str(-(-context.retry_ms // 1000))
    return response
