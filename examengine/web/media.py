"""Pictures of items. Whoever is signed in and knows the digest may see one: only who was shown the item knows it."""

import re
from collections import OrderedDict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examengine.banks.markup import Media
from examengine.banks.markup.settle import PICTURES
from examengine.records import media
from examengine.records.errors import Missing
from examengine.web.http import NotAllowed, services_of, session_of

SHELF_BYTES = 32 * 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
HEADERS = {
    "cache-control": "private, max-age=31536000, immutable",
    # a picture opened on its own is drawn, and nothing in it runs or asks for anything
    "content-security-policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox",
    "content-disposition": "inline",
}


class MediaShelf:
    """The pictures that this worker served last: when an exam opens, everybody asks for the same ones."""

    def __init__(self, most_bytes: int = SHELF_BYTES) -> None:
        self._left = most_bytes
        self._kept: OrderedDict[str, Media] = OrderedDict()

    def find(self, sha256: str) -> Media | None:
        kept = self._kept.get(sha256)
        if kept is not None:
            self._kept.move_to_end(sha256)
        return kept

    def put(self, sha256: str, kept: Media) -> None:
        if sha256 in self._kept:
            return
        self._kept[sha256] = kept
        self._left -= len(kept.data)
        while self._left < 0:
            _digest, dropped = self._kept.popitem(last=False)
            self._left += len(dropped.data)


async def show(request: Request) -> Response:
    """A picture. The session's signature is enough here: no look-up for each of a paper's pictures."""
    if session_of(request) is None:
        raise NotAllowed(401 if request.headers.get("sec-fetch-dest") == "document" else 403)
    sha256, _dot, ending = request.path_params["name"].partition(".")
    if not _DIGEST.fullmatch(sha256):
        raise NotAllowed(404)
    kept = await _media(request, sha256)
    if PICTURES[kept.type] != ending:
        raise NotAllowed(404)
    return Response(kept.data, media_type=kept.type, headers=HEADERS)


async def _media(request: Request, sha256: str) -> Media:
    state = request.app.state
    if not hasattr(state, "media_shelf"):
        state.media_shelf = MediaShelf()
    shelf: MediaShelf = state.media_shelf
    kept = shelf.find(sha256)
    if kept is None:
        async with services_of(request).database.reading() as tx:
            try:
                kept = await media.get_media(tx, sha256)
            except Missing:
                raise NotAllowed(404) from None
        shelf.put(sha256, kept)
    return kept


ROUTES = [Route("/media/{name}", show)]
