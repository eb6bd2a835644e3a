"""Uploaded files between their preview and their commit, encrypted, deleted when they expire."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import delete, func, select, update

from examengine.records.database import Missing, Reading, Writing
from examengine.records.tables import uploads
from examengine.records.vault import BLOB_OVERHEAD, Vault

MAX_BYTES = 32 * 1024 * 1024
MAX_WORK_BYTES = 8 * 1024 * 1024
_PLACE = "uploads.content"
_WORK = "uploads.work"


@dataclass(frozen=True, slots=True)
class UploadHead:
    """What is known of a file without opening it; ``octets`` is its size."""

    id: int
    by_person: int
    purpose: str
    file_name: str
    sha256: str
    at_ms: int
    octets: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    id: int
    by_person: int
    purpose: str
    file_name: str
    sha256: str
    at_ms: int
    content: bytes = field(repr=False)


async def keep(
    tx: Writing, vault: Vault, by_person: int, purpose: str, file_name: str, content: bytes, at_ms: int
) -> int:
    """Keep a file for a second look; its id.

    Raises:
        ValueError: it is larger than 32 MiB.
    """
    if len(content) > MAX_BYTES:
        raise ValueError("the file is larger than 32 MiB")
    sha256, sealed = await asyncio.to_thread(_sealed, vault, content)
    return await tx.insert(
        uploads,
        {
            "by_person": by_person,
            "purpose": purpose,
            "file_name": file_name[:255],
            "sha256": sha256,
            "content": sealed,
            "at_ms": at_ms,
        },
    )


async def get_upload(tx: Reading, vault: Vault, upload_id: int, by_person: int, purpose: str) -> Upload:
    """One's own upload.

    Raises:
        Missing: there is none of that id, or it is another person's, or for another purpose.
    """
    row = await tx.row(
        select(uploads).where(
            uploads.c.id == upload_id, uploads.c.by_person == by_person, uploads.c.purpose == purpose
        )
    )
    if row is None:
        raise Missing("upload", upload_id)
    content = await asyncio.to_thread(vault.open_blob, _PLACE, row.content)
    return Upload(row.id, row.by_person, row.purpose, row.file_name, row.sha256, row.at_ms, content)


async def get_head(tx: Reading, upload_id: int, by_person: int, purpose: str) -> UploadHead:
    """One's own upload without its content.

    Raises:
        Missing: as :func:`get_upload`.
    """
    row = await tx.row(
        select(
            uploads.c.id,
            uploads.c.by_person,
            uploads.c.purpose,
            uploads.c.file_name,
            uploads.c.sha256,
            uploads.c.at_ms,
            func.length(uploads.c.content).label("sealed"),
        ).where(uploads.c.id == upload_id, uploads.c.by_person == by_person, uploads.c.purpose == purpose)
    )
    if row is None:
        raise Missing("upload", upload_id)
    octets = row.sealed - BLOB_OVERHEAD
    return UploadHead(row.id, row.by_person, row.purpose, row.file_name, row.sha256, row.at_ms, octets)


async def find_by_purpose(tx: Reading, vault: Vault, by_person: int, purpose: str) -> Upload | None:
    """One's own newest file for a purpose."""
    statement = (
        select(uploads.c.id)
        .where(uploads.c.by_person == by_person, uploads.c.purpose == purpose)
        .order_by(uploads.c.id.desc())
        .limit(1)
    )
    upload_id = await tx.value(statement)
    return None if upload_id is None else await get_upload(tx, vault, upload_id, by_person, purpose)


async def find_work(tx: Reading, vault: Vault, upload_id: int) -> bytes:
    """What its author has said about an upload, b"" where nothing was said."""
    sealed = await tx.value(select(uploads.c.work).where(uploads.c.id == upload_id))
    return b"" if sealed is None else await asyncio.to_thread(vault.open_blob, _WORK, sealed)


async def change_work(
    tx: Writing, vault: Vault, upload_id: int, by_person: int, purpose: str, change: Callable[[bytes], bytes]
) -> None:
    """Let ``change`` turn what was said about one's own upload into what is said now; nobody else gets in between.

    Raises:
        Missing: there is no such upload.
        ValueError: it would take more than 8 MiB.
    """
    mine = (uploads.c.id == upload_id) & (uploads.c.by_person == by_person) & (uploads.c.purpose == purpose)
    row = await tx.row(select(uploads.c.work).where(mine).with_for_update())
    if row is None:
        raise Missing("upload", upload_id)
    changed = change(b"" if row.work is None else vault.open_blob(_WORK, row.work))
    if len(changed) > MAX_WORK_BYTES:
        raise ValueError("more was said about the upload than is kept")
    await tx.run(update(uploads).where(mine).values(work=vault.seal_blob(_WORK, changed)))


async def claim(tx: Writing, upload_id: int, by_person: int, purpose: str, becomes: str) -> bool:
    """Change what one's own file is for; False where someone was faster, or there is none."""
    waiting = update(uploads).where(
        uploads.c.id == upload_id, uploads.c.by_person == by_person, uploads.c.purpose == purpose
    )
    return await tx.run(waiting.values(purpose=becomes)) > 0


async def drop(tx: Writing, upload_id: int) -> None:
    """Delete a file that was committed or given up."""
    await tx.run(delete(uploads).where(uploads.c.id == upload_id))


async def drop_older_than(tx: Writing, before_ms: int) -> int:
    """Delete what was left behind; the number of files."""
    return await tx.run(delete(uploads).where(uploads.c.at_ms < before_ms))


def _sealed(vault: Vault, content: bytes) -> tuple[str, bytes]:
    """Digest and ciphertext; both take a while for a large file."""
    return hashlib.sha256(content).hexdigest(), vault.seal_blob(_PLACE, content)
