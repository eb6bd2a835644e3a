"""Addresses of the auditor's page."""

from starlette.routing import Route

from examengine.web.audit import pages

ROUTES = [
    Route("/audit", pages.audit_page),
    Route("/audit/person", pages.person, methods=["POST"]),
    Route("/audit/verify", pages.verify, methods=["POST"]),
    Route("/audit/export", pages.export, methods=["POST"]),
]
