"""Addresses of statistics and of corrections."""

from starlette.routing import Route

from examengine.web.author import corrections, new_correction, statistics

ROUTES = (
    Route("/author/statistics", statistics.list_exams),
    Route("/author/statistics/{id}", statistics.show_exam),
    Route("/author/statistics/{id}/export.xlsx", statistics.export),
    Route("/author/statistics/{id}/items/{version}", statistics.show_item),
    Route("/author/corrections", corrections.list_all),
    Route("/author/corrections", new_correction.draft, methods=["POST"]),
    Route("/author/corrections/choose", new_correction.choose),
    Route("/author/corrections/new", new_correction.new),
    Route("/author/corrections/{id}", corrections.show),
    Route("/author/corrections/{id}/ask", corrections.ask, methods=["POST"]),
    Route("/author/corrections/{id}/decide", corrections.decide, methods=["POST"]),
    Route("/author/corrections/{id}/drop", corrections.drop, methods=["POST"]),
    Route("/author/corrections/{id}/preview", corrections.preview, methods=["POST"]),
    Route("/author/corrections/{id}/version", corrections.version, methods=["POST"]),
)
