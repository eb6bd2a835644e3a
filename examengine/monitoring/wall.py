"""The wall as a worker reads it: the newest snapshot with its places, the figures of all workers, the last
half hour.
"""

import zlib

from examengine.live.wall import Board
from examengine.monitoring import figures, silence, snapshot
from examengine.monitoring.collector import LISTED, NOW
from examengine.monitoring.figures import Published
from examengine.monitoring.silence import Moment
from examengine.monitoring.snapshot import ListedRow, Shown, Snapshot
from examengine.records.wall import Place


class Wall:
    """Reads; what it has read and unpacked it keeps for the next one who asks. All raise ``live.Unavailable``."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._content = b""
        self._shown: Shown | None = None
        self._life = ""
        self._rows = 0
        self._places: list[Place] = []
        self._absent: list[tuple[int, int]] = []
        self._absent_of = ("", 0)

    async def shown(self) -> Shown | None:
        """The newest snapshot; None: nothing was collected in the last ten minutes."""
        content = await self.board.find(NOW)
        if content is None:
            return None
        if content != self._content:
            read = snapshot.read(zlib.decompress(content))
            if read is None:
                return None
            await self._learn_places(read.life, read.places)
            self._content, self._shown = content, Shown(read, self._places, await self._not_started(read))
        return self._shown

    def forget(self) -> None:
        """Read everything anew, the next time it is asked for."""
        self._content, self._shown, self._life = b"", None, ""

    async def listed(self) -> list[ListedRow]:
        """Whoever is silent or in trouble, those heard last first."""
        content = await self.board.find(LISTED)
        return [] if content is None else snapshot.read_listed(zlib.decompress(content))

    async def workers(self) -> list[Published]:
        """What the workers say of themselves."""
        return [one for one in map(figures.read, await self.board.published()) if one is not None]

    async def moments(self, since_ms: int) -> tuple[Moment, ...]:
        """The room as a whole, in steps of about five seconds."""
        return await silence.moments(self.board, since_ms)

    async def _not_started(self, read: Snapshot) -> list[tuple[int, int]]:
        wanted = (read.life, read.counted_ms)
        if wanted != self._absent_of:
            content = await self.board.find(snapshot.absent_name(read.life))
            self._absent = [] if content is None else snapshot.read_absent(zlib.decompress(content))
            self._absent_of = wanted
        return self._absent

    async def _learn_places(self, life: str, count: int) -> None:
        if life != self._life:
            self._life, self._rows, self._places = life, 0, []
        if len(self._places) >= count:
            return
        rows = await self.board.rows(life, self._rows)
        for row in rows:
            self._places += snapshot.read_places(row)
        self._rows += len(rows)
