"""Addresses of the author's pages."""

from starlette.routing import Route

ROUTES: list[Route] = []
