"""Addresses of the question authors' pages."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examengine.web.author import (
    banks,
    blueprints,
    editor,
    exports,
    import_report,
    import_rows,
    imports,
    item_page,
    items,
    marking,
    releases,
    review,
    samples,
)
from examengine.web.author.analysis_routes import ROUTES as ANALYSIS_ROUTES
from examengine.web.http import see_other


async def _start(_request: Request) -> Response:
    return see_other("/author/banks")


MARKING = [
    Route("/marking", marking.queues),
    Route("/marking/tasks/{task}", marking.own_answer),
    Route("/marking/tasks/{task}", marking.mark, methods=["POST"]),
    Route("/marking/{exam}/{version}/{cell}", marking.next_answer),
]
ROUTES = [
    *MARKING,
    Route("/author", _start),
    Route("/author/template.xlsx", banks.template),
    Route("/author/banks", banks.list_banks),
    Route("/author/banks", banks.new_bank, methods=["POST"]),
    Route("/author/banks/{id}", items.show_bank),
    *editor.ROUTES,
    Route("/author/banks/{id}/items/{item}", item_page.show_item),
    Route("/author/banks/{id}/review", review.review, methods=["POST"]),
    Route("/author/banks/{id}/export", banks.export),
    Route("/author/banks/{id}/exports", exports.export),
    Route("/author/banks/{id}/release", releases.show_next),
    Route("/author/banks/{id}/release", releases.release, methods=["POST"]),
    Route("/author/banks/{id}/releases", releases.list_releases),
    Route("/author/banks/{id}/releases/{no}", releases.show_release),
    Route("/author/banks/{id}/import", imports.upload_page),
    Route("/author/banks/{id}/upload", imports.upload, methods=["POST"]),
    Route("/author/banks/{id}/uploads/{upload}", imports.preview),
    Route("/author/banks/{id}/uploads/{upload}/commit", imports.commit, methods=["POST"]),
    Route("/author/banks/{id}/uploads/{upload}/drop", imports.give_up, methods=["POST"]),
    Route("/author/banks/{id}/uploads/{upload}/settings", imports.settings, methods=["POST"]),
    Route("/author/banks/{id}/uploads/{upload}/confirm", imports.confirm),
    Route("/author/banks/{id}/uploads/{upload}/annotated.xlsx", import_rows.annotated),
    Route("/author/banks/{id}/uploads/{upload}/rows/{row}", import_rows.show_row),
    Route("/author/banks/{id}/uploads/{upload}/rows/{row}", import_rows.fix_row, methods=["POST"]),
    Route("/author/banks/{id}/imports/{batch}", import_report.report),
    Route("/author/banks/{id}/imports/{batch}/undo", import_report.undo_page),
    Route("/author/banks/{id}/imports/{batch}/undo", import_report.undo_import, methods=["POST"]),
    Route("/author/banks/{id}/blueprints", blueprints.list_blueprints),
    Route("/author/banks/{id}/blueprints", blueprints.begin, methods=["POST"]),
    Route("/author/banks/{id}/blueprints/edit", blueprints.fresh),
    Route("/author/banks/{id}/blueprints/edit", blueprints.edit, methods=["POST"]),
    Route("/author/banks/{id}/blueprints/{revision}", blueprints.show),
    Route("/author/banks/{id}/blueprints/{revision}/samples", samples.show_samples),
    *ANALYSIS_ROUTES,
]
