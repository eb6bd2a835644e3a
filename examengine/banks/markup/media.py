"""Pictures and sound that come along with questions: bounded, named by what they hold, told by their bytes."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import unquote

ONE_BYTES_LIMIT: Final = 8 * 1024 * 1024
ALL_BYTES_LIMIT: Final = 40 * 1024 * 1024
COUNT_LIMIT: Final = 3_000

_STARTS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
    (b"BM", "image/bmp", "bmp"),
    (b"ID3", "audio/mpeg", "mp3"),
    (b"\xff\xfb", "audio/mpeg", "mp3"),
    (b"OggS", "audio/ogg", "ogg"),
)
_DATA_URI = re.compile(r"data:[\w.+/-]{0,80}(?:;[\w=.-]{1,40}){0,4};base64,", re.IGNORECASE)

Refusal = Literal["missing", "remote", "not_a_picture", "too_large", "too_many"]


@dataclass(frozen=True, slots=True)
class Media:
    """One file of a reading; ``type`` is what its bytes say, whatever its name said."""

    name: str
    type: str
    data: bytes


def sniff(data: bytes) -> tuple[str, str] | None:
    """Content type and ending of a picture or sound; None for everything else (SVG among it: it can run scripts)."""
    for start, kind, ending in _STARTS:
        if data.startswith(start):
            return kind, ending
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp", "webp"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "audio/wav", "wav"
    return None


@dataclass(slots=True)
class MediaShelf:
    """Collects the media of one reading and finds what a text refers to.

    ``files`` are what came along with the file, by the path written there. A name on the shelf is made of the
    digest of the bytes, so that the same picture is kept once and no path of the upload survives.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    taken: dict[str, Media] = field(default_factory=dict)
    _size: int = 0
    _by_tail: dict[str, str] | None = None

    def take(self, data: bytes) -> str | Refusal:
        """The name under which bytes are kept; names contain a dot, refusals do not."""
        found = sniff(data)
        if found is None:
            return "not_a_picture"
        name = f"{hashlib.sha256(data).hexdigest()[:20]}.{found[1]}"
        if name in self.taken:
            return name
        if len(data) > ONE_BYTES_LIMIT or self._size + len(data) > ALL_BYTES_LIMIT:
            return "too_large"
        if len(self.taken) >= COUNT_LIMIT:
            return "too_many"
        self._size += len(data)
        self.taken[name] = Media(name, found[0], data)
        return name

    def find(self, source: str, extra: Mapping[str, bytes] | None = None, base: str = "") -> str | Refusal:
        """The name of what ``src`` refers to: a data URI or a file that came along.

        ``extra`` holds a question's own files, which go before all others; ``base`` is the folder of the referring
        file. Nothing outside the upload is ever looked at.
        """
        source = source.strip()
        if source[:5].lower() == "data:":
            match = _DATA_URI.match(source)
            if match is None:
                return "not_a_picture"
            return self.take_base64(source[match.end() :])
        if re.match(r"(?i)(?:[a-z][a-z0-9+.-]*:)?//|mailto:|file:", source):
            return "remote"
        path = unquote(source).split("?")[0].split("#")[0].replace("\\", "/")
        for mark in ("@@PLUGINFILE@@/", "$IMS-CC-FILEBASE$/", "%IMS-CC-FILEBASE%/", "%%LINKPATH%%", "%LINKPATH%"):
            path = path.removeprefix(mark)
        if extra:
            data = extra.get(path) or extra.get(path.rsplit("/", 1)[-1])
            if data is not None:
                return self.take(data)
        data = self._file(path, base)
        return "missing" if data is None else self.take(data)

    def take_base64(self, text: str) -> str | Refusal:
        if len(text) > ONE_BYTES_LIMIT * 3 // 2:
            return "too_large"
        try:
            return self.take(base64.b64decode(unquote(text), validate=False))
        except (binascii.Error, ValueError):
            return "not_a_picture"

    def _file(self, path: str, base: str) -> bytes | None:
        for candidate in (joined(base, path), joined("", path)):
            if candidate in self.files:
                return self.files[candidate]
        if self._by_tail is None:
            # A picture named without its folder is found where its name is the only one of its kind.
            self._by_tail = {}
            for name in self.files:
                tail = name.rsplit("/", 1)[-1].casefold()
                self._by_tail[tail] = "" if tail in self._by_tail else name
        return self.files.get(self._by_tail.get(path.rsplit("/", 1)[-1].casefold(), ""))


def joined(base: str, path: str) -> str:
    """A path inside the upload, with ``.`` and ``..`` taken out; it never leaves the upload's root."""
    parts: list[str] = []
    for part in f"{base}/{path}".split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)
