"""The files of a backup: a manifest, and one a table of gzipped JSON lines.

The first line of a table's file names its columns, every other one is a row; bytes are base64.
"""

import gzip
import hashlib
import os
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from examengine.records.errors import RecordsError

FORMAT = 1
MANIFEST = "manifest.json"
ROWS_A_PART = 500
COMPRESSION = 3
BLOCK_BYTES = 1024 * 1024
LONGEST_LINE_BYTES = 256 * 1024 * 1024

Tell = Callable[[str, int], None]
"""Told, now and then, of which table how many rows are done."""


class BackupError(RecordsError):
    """A backup cannot be made or taken back; the text says why and what to do."""


class DamagedBackup(BackupError):  # noqa: N818 – a state of things
    """A file of it is not as it was written; the text names it."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """What is kept of one table. ``last_id``: the highest id ever given out, 0 where ids are not given by SQL."""

    name: str
    file: str
    rows: int
    sha256: str
    last_id: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``checkpoint``: number and root of the newest signed state of the evidence, if any.

    ``keys`` are fingerprints of the field keys (see :func:`key_print`), by which a restore knows the right ones.
    """

    format: int
    program: str
    revision: str
    database: str
    installation: str
    made_ms: int
    checkpoint: dict[str, Any] | None
    keys: tuple[str, ...]
    tables: tuple[TableFile, ...]

    def digest(self) -> str:
        """SHA-256 over all of it: note it beside the backup's name."""
        return hashlib.sha256(msgspec.json.encode(asdict(self), order="sorted")).hexdigest()


def key_print(key: str) -> str:
    """Tells keys apart without telling them."""
    return hashlib.sha256(b"examengine.key-print.1:" + key.encode()).hexdigest()[:16]


@contextmanager
def written(path: Path) -> Iterator[tuple[gzip.GzipFile, "hashlib._Hash"]]:
    """A file that is written gzipped, and the digest of it as it lies on the disk, where it is afterwards."""
    with path.open("xb") as file:
        digest = hashlib.sha256()
        # The same rows give the same file: no time, no name in it.
        with gzip.GzipFile("", "wb", COMPRESSION, _Digested(file, digest), mtime=0) as stream:
            yield stream, digest
        file.flush()
        os.fsync(file.fileno())


class _Digested:
    """Writes on, and counts in what it writes."""

    def __init__(self, file: BinaryIO, digest: "hashlib._Hash") -> None:
        self._file = file
        self._digest = digest

    def write(self, block: bytes) -> int:
        self._digest.update(block)
        return self._file.write(block)

    def flush(self) -> None:
        self._file.flush()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, to the disk."""
    content = msgspec.json.encode({**asdict(manifest), "digest": manifest.digest()})
    with (folder / MANIFEST).open("xb") as file:
        file.write(msgspec.json.format(content) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """Have the folder's names on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check(folder: Path, tell: Tell) -> Manifest:
    """Read a backup through: every file is there as it was written.

    Raises:
        BackupError: this is no backup, or one of another program.
        DamagedBackup: a file is not as it was written.
    """
    manifest = _manifest(folder)
    for table in manifest.tables:
        try:
            with (folder / table.file).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise DamagedBackup(f"{folder / table.file}: {error.strerror}") from error
        if found != table.sha256:
            raise DamagedBackup(f"{folder / table.file} is not as it was written: its SHA-256 is {found}")
        tell(table.name, table.rows)
    return manifest


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    if folder.name.endswith(".part"):
        raise BackupError(f"{folder} is a backup that was never finished")
    try:
        content = msgspec.json.decode(path.read_bytes())
        digest = content.pop("digest")
        manifest = msgspec.convert(content, Manifest)
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}; a backup is a folder with that file") from error
    except (ValueError, KeyError, AttributeError) as error:
        raise DamagedBackup(f"{path} is not as it was written: {error}") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{path}: format {manifest.format}; this program reads {FORMAT}")
    if digest != manifest.digest():
        raise DamagedBackup(f"{path} is not as it was written")
    if any(Path(table.file).name != table.file for table in manifest.tables):
        raise DamagedBackup(f"{path} names a file elsewhere")
    return manifest


def rows_of(folder: Path, table: TableFile) -> Iterator[tuple[list[str], list[list[Any]]]]:
    """The names of the columns and some rows, again and again.

    Raises:
        DamagedBackup: it cannot be read, or has more or fewer rows than it should.
    """
    path = folder / table.file
    decoder = msgspec.json.Decoder(list[Any])
    done = 0
    try:
        with gzip.open(path, "rb") as lines:
            head = msgspec.json.decode(lines.readline(LONGEST_LINE_BYTES))
            columns = head["columns"]
            binary = [columns.index(name) for name in head["binary"]]
            while some := [decoder.decode(line) for line in islice(lines, ROWS_A_PART)]:
                for row in some:
                    for place in binary:
                        if row[place] is not None:
                            row[place] = b64decode(row[place])
                done += len(some)
                yield columns, some
    except (OSError, EOFError, zlib.error, ValueError, KeyError, IndexError) as error:
        raise DamagedBackup(f"{path} cannot be read: {error}") from error
    if done != table.rows:
        raise DamagedBackup(f"{path} has {done} rows, not {table.rows}")
