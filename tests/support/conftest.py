"""Support's acts meet the same faults as sittings do."""

from tests.sittings.conftest import line, world_on_a_line

__all__ = ["line", "world_on_a_line"]
