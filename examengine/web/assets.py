"""Static files under one address a version: cached for good, and module imports never mix two versions."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_HERE = Path(__file__).resolve()


def folder(name: str) -> Path:
    """Where ``templates`` or ``static`` lie: in the package when installed, else beside it."""
    inside = _HERE.parents[1] / name
    return inside if inside.is_dir() else _HERE.parents[2] / name


@cache
def version_of(root: Path) -> str:
    """Twelve hex digits over every file's name and content."""
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


class VersionedStatic(StaticFiles):
    """Serves ``/<version>/path``; another version gets today's file, uncached (a page from before a deploy).

    Files come from memory, each read and compressed once a process when it is first asked for: a paper that is opened
    asks for thirty, and one that lies on a disk costs a thread twice.
    """

    def __init__(self, root: Path, version: str) -> None:
        super().__init__(directory=root)
        self._root = root
        self._version = version

    async def get_response(self, path: str, scope: Scope) -> Response:
        version, _, rest = path.partition("/")
        served = _served(self._root, rest) if scope["method"] in {"GET", "HEAD"} else None
        response = await super().get_response(rest, scope) if served is None else served.answer(scope)
        current = version == self._version and response.status_code in (200, 304)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
        return response


@dataclass(frozen=True, slots=True)
class _Served:
    """A file as it is sent. ``packed``: by gzip, None where that gains nothing."""

    media_type: str
    plain: bytes
    packed: bytes | None
    tag: str

    def answer(self, scope: Scope) -> Response:
        asked = Headers(scope=scope)
        headers = {"etag": self.tag, "vary": "accept-encoding"}
        if self.tag in asked.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if self.packed is None or not _GZIP.search(asked.get("accept-encoding", "")):
            return Response(self.plain, media_type=self.media_type, headers=headers)
        return Response(self.packed, media_type=self.media_type, headers={**headers, "content-encoding": "gzip"})


_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")
_COMMENTS = {
    ".js": re.compile(rb"^[ \t]*(//[^\n]*|/\*(?:(?!\*/).)*\*/[ \t]*)\n", re.DOTALL | re.MULTILINE),
    ".css": re.compile(rb"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*\n", re.DOTALL | re.MULTILINE),
}
"""Lines that are a comment alone: they are for whoever reads the source, and an eighth of what a paper loads."""


@cache
def _served(root: Path, name: str) -> _Served | None:
    """The file as it is sent; None where there is none of that name."""
    path = root / name
    if name not in _names(root):
        return None
    content = path.read_bytes()
    if path.suffix in _COMMENTS and "vendor" not in path.parts:
        content = _COMMENTS[path.suffix].sub(b"", content)
    packed = gzip.compress(content, 9, mtime=0)
    return _Served(
        media_type=guess_type(name)[0] or "application/octet-stream",
        plain=content,
        packed=packed if len(packed) < len(content) else None,
        tag=f'"{hashlib.sha256(content).hexdigest()[:16]}"',
    )


@cache
def _names(root: Path) -> frozenset[str]:
    return frozenset(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
