"""Addresses of the operator's pages."""

from starlette.routing import Route

ROUTES: list[Route] = []
