"""Concurrency as a model: hypothesis plays random interleavings against a real Redis and a real database.

``EXAMENGINE_MODEL=300`` plays so many examples, longer ones, others with every ``--hypothesis-seed``: ``make chaos``
does that.
"""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Interleavings
from tests.model.stage import a_stage

HEALTH = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
# The same examples every time: the ordinary suite must not be red by chance.
FAST = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=HEALTH,
)


def deep(examples: int) -> settings:
    """Many, and other ones with every seed."""
    return settings(
        max_examples=examples,
        stateful_step_count=60,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=HEALTH,
        phases=(Phase.generate, Phase.shrink),
    )


def test_whatever_two_devices_support_and_the_sweeper_do_the_promises_hold(database_url: str, redis_url: str) -> None:
    wanted = int(os.environ.get("EXAMENGINE_MODEL") or 0)
    chosen = deep(wanted) if wanted else FAST
    with a_stage(database_url, redis_url) as stage:
        run_state_machine_as_test(lambda: Interleavings(stage), settings=chosen)
