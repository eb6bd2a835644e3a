"""A law does not fail because the machine was busy: examples here have no time limit."""

from hypothesis import settings

settings.register_profile("patient", settings.default, deadline=None)
settings.load_profile("patient")
