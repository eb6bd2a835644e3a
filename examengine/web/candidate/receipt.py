"""The receipt: shown with the result, taken home as a file, checked by anyone on a public page."""

import asyncio
from dataclasses import replace
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from examengine import live
from examengine.evidence.receipts import SHORT_DIGITS, Receipt, grouped, read_digest, read_number
from examengine.evidence.signing import Signer
from examengine.live.tries import SPAN_MS, Tries
from examengine.records import archives, evidence
from examengine.records.archives import UnreadableError
from examengine.records.database import Reading
from examengine.records.proof import archive_fault
from examengine.records.words import FactKind, Role
from examengine.web.candidate.exam import own_attempt, with_attempt
from examengine.web.candidate.qr import qr_of
from examengine.web.contexts.frame import FieldError, Frame
from examengine.web.contexts.receipt import ReceiptCheck, ReceiptShown
from examengine.web.http import (
    NotAllowed,
    field_of,
    frame_of,
    now_of,
    page,
    path_id,
    services_of,
    signed_in,
)
from examengine.web.wording import gettext as _

FREE_TRIES = 60
MOST_TRIES = 600
"""In ten minutes from one address, which a whole exam room may share: after the free ones each waits a little
longer, after the last ones until the ten minutes are over.
"""
MOST_DELAY_MS = 3_000
MAX_TYPED = 120


def receipt_shown(request: Request, attempt_id: int, receipt: Receipt) -> ReceiptShown:
    """A receipt as the result page has it."""
    settings = services_of(request).settings
    short = receipt.digest.hex()[:SHORT_DIGITS]
    address = f"{settings.public_url}/receipt"
    link = f"{address}?{urlencode({'number': receipt.number, 'digest': short})}"
    return ReceiptShown(
        number=grouped(receipt.number),
        digest=grouped(short),
        ended_ms=receipt.ended_ms,
        answered=receipt.answered,
        questions=receipt.questions,
        address=address,
        file_href=f"/sittings/{attempt_id}/receipt.json",
        qr=qr_of(link),
    )


@signed_in(Role.CANDIDATE, seek=with_attempt)
async def receipt_file(request: Request) -> Response:
    """The receipt as a file, signed: ``examengine attempt verify`` checks it without us."""
    own = await own_attempt(request, path_id(request))
    services = services_of(request)
    async with services.database.reading() as tx:
        receipt = await evidence.find_receipt(tx, own.id)
    if receipt is None:
        raise NotAllowed(404)
    signed = receipt.signed(Signer(services.settings.evidence_keys[-1]))
    content = msgspec.json.format(msgspec.json.encode(signed), indent=1) + b"\n"
    name = f"receipt-{grouped(receipt.number)}.json"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type="application/json", headers=headers)


async def check_page(request: Request) -> Response:
    """The public page, filled in from a QR code's link; nothing is checked before someone asks."""
    query = request.query_params
    context = ReceiptCheck(
        frame=await _nobodys_frame(request),
        number=query.get("number", "")[:MAX_TYPED],
        digest=query.get("digest", "")[:MAX_TYPED],
    )
    return page("receipt.html", context)


async def check(request: Request) -> Response:
    """Say whether number and digest agree with the archive, and nothing else."""
    typed_number, typed_digest = field_of(request, "number", MAX_TYPED), field_of(request, "digest", MAX_TYPED)
    number, digest = read_number(typed_number), read_digest(typed_digest)
    errors = _wrong(number, digest)
    frame = await _nobodys_frame(request)
    if number is None or digest is None:
        return page("receipt.html", ReceiptCheck(frame, typed_number, typed_digest, errors=errors), 422)
    wait_ms = await _slowed(request)
    if wait_ms:
        asked = ReceiptCheck(frame, typed_number, typed_digest, wait_s=-(-wait_ms // 1000))
        response = page("receipt.html", asked, 429)
        response.headers["retry-after"] = str(asked.wait_s)
        return response
    async with services_of(request).database.reading() as tx:
        agrees = await agrees_with_archive(tx, number, digest)
    return page("receipt.html", ReceiptCheck(frame, grouped(number), typed_digest, agrees))


async def agrees_with_archive(tx: Reading, number: str, digest: str) -> bool:
    """Whether a receipt of this number and digest (16 hex digits or all) was given, and its archive is unaltered."""
    attempt_id = await evidence.find_attempt_of_receipt(tx, number)
    if attempt_id is None:
        return False
    try:
        found = await archives.find_archive(tx, attempt_id)
    except UnreadableError:
        return False
    if found is None or found.receipt is None or not found.receipt.digest.hex().startswith(digest):
        return False
    link = await evidence.link_of(tx, FactKind.ATTEMPT, attempt_id)
    return archive_fault(found, found.archive.head if link is None else link.digest) is None


def delay_ms(tries: int) -> int:
    """How long the answer to a try waits, by how many there were in ten minutes with it."""
    return min(MOST_DELAY_MS, max(0, tries - FREE_TRIES) * 100)


async def _nobodys_frame(request: Request) -> Frame:
    """The frame without the visitor: a page that is shown around tells about nobody."""
    return replace(await frame_of(request), person=None, nav=())


async def _slowed(request: Request) -> int:
    """Wait as the tries of this address ask for; how long it must stay away, ms. Without Redis nobody waits: nobody
    guesses 55 bits.
    """
    now_ms = now_of(request)
    address = request.client.host if request.client else ""
    try:
        tries = await Tries(services_of(request).calls).count("receipt", address, now_ms)
    except live.Unavailable:
        return 0
    if tries > MOST_TRIES:
        return SPAN_MS - now_ms % SPAN_MS
    await asyncio.sleep(delay_ms(tries) / 1000)
    return 0


def _wrong(number: str | None, digest: str | None) -> tuple[FieldError, ...]:
    errors = []
    if number is None:
        errors.append(FieldError("number", _("回执编号是 12 位字母和数字，请对照回执再看一遍")))
    if digest is None:
        errors.append(FieldError("digest", _("校验码是 16 位（或完整的 64 位），只有数字和字母 a–f")))
    return tuple(errors)
