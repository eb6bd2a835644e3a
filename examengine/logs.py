"""What a process writes to its log: one line an event, and of an error its trace, never the values around it."""

import logging
import sys

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
