"""Addresses of the support's pages. None of them ever holds personal data: people go by internal ids."""

from starlette.routing import Route

from examengine.web.support import approvals, attempt, deaf_cases, desk, let_in_page, mine, requests, search
from examengine.web.support.register import ACTS

ROUTES: list[Route] = [
    Route("/support", search.search_page, methods=["GET"]),
    Route("/support", search.search, methods=["POST"]),
    Route("/support/found/{token}", search.found, methods=["GET"]),
    Route("/support/people/{id}", desk.person_page, methods=["GET"]),
    Route("/support/people/{id}/reveal", desk.reveal, methods=["POST"]),
    Route("/support/attempts/{id}", attempt.attempt_page, methods=["GET"]),
    *(route for one in ACTS.values() for route in one.routes),
    Route("/support/cases", deaf_cases.cases_page, methods=["GET"]),
    Route("/support/cases/{id}", deaf_cases.case_page, methods=["GET"]),
    Route("/support/cases/{id}", deaf_cases.decide, methods=["POST"]),
    Route("/support/requests", requests.requests_page, methods=["GET"]),
    Route("/support/requests/{id}", requests.request_page, methods=["GET"]),
    Route("/support/requests/{id}", requests.answer, methods=["POST"]),
    Route("/support/let-ins/{id}", let_in_page.let_in_page, methods=["GET"]),
    Route("/support/mine", mine.mine_page, methods=["GET"]),
    Route("/support/approvals", approvals.approvals_page, methods=["GET"]),
    Route("/support/approvals/{id}", approvals.decide, methods=["POST"]),
]
