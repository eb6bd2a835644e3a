"""Addresses of the question authors' pages."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examengine.web.author import banks, imports
from examengine.web.http import see_other


async def _start(_request: Request) -> Response:
    return see_other("/author/banks")


ROUTES = [
    Route("/author", _start),
    Route("/author/template.xlsx", banks.template),
    Route("/author/banks", banks.list_banks),
    Route("/author/banks", banks.new_bank, methods=["POST"]),
    Route("/author/banks/{id}", banks.show_bank),
    Route("/author/banks/{id}/export", banks.export),
    Route("/author/banks/{id}/release", banks.release, methods=["POST"]),
    Route("/author/banks/{id}/import", imports.upload_page),
    Route("/author/banks/{id}/upload", imports.upload, methods=["POST"]),
    Route("/author/banks/{id}/uploads/{upload}", imports.preview),
    Route("/author/banks/{id}/uploads/{upload}/commit", imports.commit, methods=["POST"]),
    Route("/author/banks/{id}/uploads/{upload}/drop", imports.give_up, methods=["POST"]),
    Route("/author/banks/{id}/imports/{batch}", imports.report),
]
