"""The notary: links the facts that wait, signs what it has linked, and writes each signature to a file as well.

One at a time, under a lease; whoever was only slow is turned away by the record itself. A fact is linked about a
second after its transaction, the log is signed every minute in which something was added.
"""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import structlog

from examengine import live
from examengine.clock import Clock
from examengine.evidence.files import FileError, checkpoint_line, read_checkpoint_line
from examengine.evidence.signing import Checkpoint, Signer
from examengine.live.leases import Lease, Leases
from examengine.records import evidence
from examengine.records.database import Database
from examengine.records.errors import Unavailable
from examengine.records.evidence import LEASE, Overtaken

LEASE_MS = 15_000
EVERY_S = 1.0
MOST_A_TURN = 5_000
"""So that the lease is renewed in time while much waits, after an upgrade or an outage."""
SIGN_EVERY_MS = 60_000
COPY_FILE = "checkpoints.log"
TAIL_BYTES = 64 * 1024

log = structlog.get_logger("examengine.notary")


class Notary:
    """Keeps the log of links."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        keys: Sequence[str],
        data_dir: Path,
        clock: Clock,
        owner: str,
    ) -> None:
        """``keys``: the evidence keys of the settings, the last one signs. ``data_dir``: where the copy is kept."""
        self._database = database
        self._leases = leases
        self._signer = Signer(keys[-1])
        self._copy = data_dir / COPY_FILE
        self._clock = clock
        self._owner = owner

    async def run(self) -> None:
        """Link and sign until cancelled; what is away for a moment is tried again."""
        lease: Lease | None = None
        while True:
            try:
                lease = await self._leases.hold(lease, LEASE, self._owner, LEASE_MS)
                if lease is not None:
                    await self.note(self._clock.now_ms(), lease.token)
            except Overtaken:
                lease = None
            except (live.Unavailable, Unavailable) as error:
                log.warning("notary_waits", error=type(error).__name__)
            except Exception:
                log.exception("notary_failed")
            await asyncio.sleep(EVERY_S)

    async def note(self, now_ms: int, token: int | None = None) -> int:
        """Link what waits, at most 5,000 facts, and sign where the last signature is a minute old; the facts linked.

        Raises:
            Overtaken: another holds the lease by now.
            OSError: the copy cannot be written; record and log are as they should be.
        """
        async with self._database.reading() as tx:
            standing = await evidence.log_of(tx)
        noted = 0
        while noted < min(standing.waiting, MOST_A_TURN):  # what comes meanwhile is for the next turn
            async with self._database.writing() as tx:
                linked = await evidence.link_waiting(tx, token, now_ms)
            if not linked:
                break
            noted += linked
        is_recent = standing.signed_ms is not None and 0 <= now_ms - standing.signed_ms < SIGN_EVERY_MS
        if standing.links + noted > standing.signed and not is_recent:
            await self.sign(now_ms)
        return noted

    async def sign(self, now_ms: int) -> tuple[Checkpoint, ...]:
        """Sign all that is linked and not signed yet, now."""
        made: list[Checkpoint] = []
        while True:
            async with self._database.writing() as tx:
                one = await evidence.sign_links(tx, self._signer, now_ms)
            if one is None:
                break
            made.append(one)
        if made or not self._copy.exists():
            await self._write_copy()
        return tuple(made)

    async def _write_copy(self) -> None:
        """Bring the copy up to the record: also what another host has signed, or a crash has kept from it."""
        after = await self._copied()
        while True:
            async with self._database.reading() as tx:
                page = await evidence.checkpoints_after(tx, after)
            if not page:
                return
            await asyncio.to_thread(append, self._copy, b"".join(map(checkpoint_line, page)))
            after = page[-1].no

    async def _copied(self) -> int:
        """The number of the newest checkpoint of the record that the copy has."""
        lines = await asyncio.to_thread(tail, self._copy)
        if not lines:
            return 0
        async with self._database.reading() as tx:
            known = await evidence.checkpoints_by_no(tx, [line.no for line in lines])
        return max((line.no for line in lines if known.get(line.no) == line), default=0)


def append(path: Path, lines: bytes) -> None:
    """Append to the copy, through to the disk. A line that a crash has torn stays a line of its own."""
    with path.open("ab+") as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                lines = b"\n" + lines
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def tail(path: Path) -> list[Checkpoint]:
    """The last checkpoints of a copy, torn lines left out; empty where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            content = file.read()
    except FileNotFoundError:
        return []
    found = []
    for line in content.splitlines():
        try:
            found.append(read_checkpoint_line(line))
        except FileError:
            continue
    return found


def trusted_keys(keys: Sequence[str]) -> dict[str, bytes]:
    """The public keys of evidence keys, by name."""
    signers = [Signer(key) for key in keys]
    return {signer.key_id: signer.public for signer in signers}
