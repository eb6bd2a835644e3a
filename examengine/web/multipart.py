"""A form with a file, parsed in bounds; the guard has read and bounded the whole body before."""

import asyncio
import unicodedata
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from examengine.web.guards import UPLOAD
from examengine.web.http import NotAllowed

MAX_FILES = 1
MAX_FIELDS = 50
MAX_FIELD_BYTES = 512 * 1024
MAX_NAME = 120
STEP_BYTES = 256 * 1024
"""The body goes to the parser in steps: a large file must not hold up the sittings that share this process."""


@dataclass(frozen=True, slots=True)
class Posted:
    """``file_name`` is "" where no file was chosen; ``fields`` has the first value of each text field."""

    fields: Mapping[str, str]
    file_name: str
    content: bytes = field(repr=False)

    def field(self, name: str, limit: int = 1000) -> str:
        """One field, "" where it is missing, cut at ``limit`` characters."""
        return self.fields.get(name, "")[:limit].strip()


class _InMemory(MultiPartParser):
    """Keeps the file in memory: unencrypted it shall not touch the disk."""

    spool_max_size = UPLOAD.octets + 1


async def posted(request: Request, file_field: str = "file") -> Posted:
    """The form of the request, whose body the guard has read.

    Raises:
        NotAllowed: it is no multipart form, or has more parts than a form of ours.
    """
    body: bytes = request.scope["state"]["body"]
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise NotAllowed(400)
    parser = _InMemory(
        Headers(scope=request.scope),
        _in_steps(body),
        max_files=MAX_FILES,
        max_fields=MAX_FIELDS,
        max_part_size=MAX_FIELD_BYTES,
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeError, ValueError):
        raise NotAllowed(400) from None
    fields: dict[str, str] = {}
    file_name, content = "", b""
    try:
        for name, value in form.multi_items():
            if isinstance(value, str):
                fields.setdefault(name, value)
            elif isinstance(value, UploadFile) and name == file_field and value.filename:
                file_name, content = clean_name(value.filename), await value.read()
    finally:
        await form.close()
    return Posted(fields, file_name, content)


def clean_name(name: str) -> str:
    """A file's name as it may be shown and kept: no path, no control characters, bounded."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip()
    return kept[-MAX_NAME:] or "未命名"


async def _in_steps(body: bytes) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(body), STEP_BYTES):
        yield body[start : start + STEP_BYTES]
        await asyncio.sleep(0)
    yield b""
