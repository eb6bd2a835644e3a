"""Addresses of the support's pages. None of them ever holds personal data: people go by internal ids."""

from starlette.routing import Route

from examengine.web.support import approvals, deaf_cases, desk, extra_time, grant, hand_in, search, undo, void

ROUTES: list[Route] = [
    Route("/support", search.search_page, methods=["GET"]),
    Route("/support", search.search, methods=["POST"]),
    Route("/support/found/{token}", search.found, methods=["GET"]),
    Route("/support/people/{id}", desk.person_page, methods=["GET"]),
    Route("/support/people/{id}/reveal", desk.reveal, methods=["POST"]),
    Route("/support/enrolments/{id}/grant", grant.grant_page, methods=["GET"]),
    Route("/support/enrolments/{id}/grant", grant.grant, methods=["POST"]),
    Route("/support/enrolments/{id}/grant/preview", grant.preview, methods=["POST"]),
    Route("/support/attempts/{id}/extra-time", extra_time.extra_time_page, methods=["GET"]),
    Route("/support/attempts/{id}/extra-time", extra_time.extra_time, methods=["POST"]),
    Route("/support/attempts/{id}/extra-time/preview", extra_time.preview, methods=["POST"]),
    Route("/support/attempts/{id}/hand-in", hand_in.hand_in_page, methods=["GET"]),
    Route("/support/attempts/{id}/hand-in", hand_in.hand_in, methods=["POST"]),
    Route("/support/attempts/{id}/void", void.void_page, methods=["GET"]),
    Route("/support/attempts/{id}/void", void.void, methods=["POST"]),
    Route("/support/entries/{id}/undo", undo.undo_page, methods=["GET"]),
    Route("/support/entries/{id}/undo", undo.undo, methods=["POST"]),
    Route("/support/cases", deaf_cases.cases_page, methods=["GET"]),
    Route("/support/cases/{id}", deaf_cases.case_page, methods=["GET"]),
    Route("/support/cases/{id}", deaf_cases.decide, methods=["POST"]),
    Route("/support/approvals", approvals.approvals_page, methods=["GET"]),
    Route("/support/approvals/{id}", approvals.decide, methods=["POST"]),
]
