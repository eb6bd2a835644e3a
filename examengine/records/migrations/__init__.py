"""Alembic's environment; run by :mod:`examengine.records.migrate`, never by its own command line."""
