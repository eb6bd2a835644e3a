"""What a process writes to its log: one line an event, and of an error its trace, never the values around it.

Beside it the steps of the request that a task is busy with: whatever takes part in requests notes here when it began,
so that a slow one can be told by its steps.
"""

import logging
import sys
from contextvars import ContextVar
from time import perf_counter

import structlog
from structlog.typing import Processor


def write_log(level: int = logging.INFO) -> None:
    """Send events of ``level`` and above to standard error."""
    structlog.configure(
        processors=lines(colors=sys.stderr.isatty()),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def lines(*, colors: bool) -> list[Processor]:
    """Events as lines. Local variables stay out of traces: there may be answers or a person's data among them."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper("iso"),
        structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback),
    ]


MOST_STEPS = 60
"""Of one request; what comes after is part of its whole time alone."""

Step = tuple[str, float, float]
"""A name, when it began and when it ended, in seconds of ``time.perf_counter``."""

_steps: ContextVar[list[Step] | None] = ContextVar("steps", default=None)


def watch_steps() -> list[Step]:
    """From now on this task's steps are noted in what is answered."""
    steps: list[Step] = []
    _steps.set(steps)
    return steps


def step(name: str, began_s: float) -> None:
    """Note that a step ends now; where nobody watches, nothing."""
    steps = _steps.get()
    if steps is not None and len(steps) < MOST_STEPS:
        steps.append((name, began_s, perf_counter()))
