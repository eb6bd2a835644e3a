"""Static files under one address a version: cached for good, and module imports never mix two versions."""

import hashlib
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_HERE = Path(__file__).resolve()


def folder(name: str) -> Path:
    """Where ``templates`` or ``static`` lie: in the package when installed, else beside it."""
    inside = _HERE.parents[1] / name
    return inside if inside.is_dir() else _HERE.parents[2] / name


def version_of(root: Path) -> str:
    """Twelve hex digits over every file's name and content."""
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


class VersionedStatic(StaticFiles):
    """Serves ``/<version>/path``; another version gets today's file, uncached (a page from before a deploy)."""

    def __init__(self, root: Path, version: str) -> None:
        super().__init__(directory=root)
        self._version = version

    async def get_response(self, path: str, scope: Scope) -> Response:
        version, _, rest = path.partition("/")
        response = await super().get_response(rest, scope)
        current = version == self._version and response.status_code in (200, 304)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
        return response
