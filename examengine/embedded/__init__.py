"""What `make run` brings along instead of asking for servers: a Redis and a SQLite file."""

import sys

# structlog takes rich, and with it pygments, into memory wherever it is installed, as typer brings it along for the
# commands: seven MiB of each worker. Our log has plain traces and needs neither; so structlog is told there is none.
if "structlog" not in sys.modules and "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog  # noqa: F401

    del sys.modules["rich"]
