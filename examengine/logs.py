"""What a process writes to its log: one line an event, and of an error its trace, never the values around it."""

import logging
import sys

import structlog


def write_log(level: int = logging.INFO) -> None:
    """Send events of ``level`` and above to standard error. Local variables stay out of traces: there may be answers
    or a person's data among them.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso"),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
