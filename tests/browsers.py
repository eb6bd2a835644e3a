"""The Chromium that is tested with, and how long it may take."""

import shutil

PATIENCE_MS = 30_000
"""A bound, not a pace: a busy machine may take its time."""


def chromium_program() -> str | None:
    """The Chromium on PATH; None for the one that Playwright has of its own."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
