"""Addresses of the support's pages."""

from starlette.routing import Route

ROUTES: list[Route] = []
