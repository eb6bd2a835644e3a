"""The telephone number that stands on every page: what an operator set, else what the program was started with."""

from dataclasses import dataclass

from starlette.requests import Request

from examengine.records import duties
from examengine.records.database import Database
from examengine.records.duties import Hotline
from examengine.records.errors import Unavailable

GOOD_FOR_MS = 30_000
"""How long another worker may still show the number before."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What pages show; both may be empty."""

    number: str
    hours: str


class HotlineBoard:
    """Looks at the record now and then; while that is away the number known last stands."""

    def __init__(self, number: str, hours: str) -> None:
        self._given = Shown(number, hours)
        self._shown = self._given
        self._looked_ms: int | None = None

    @property
    def known(self) -> Shown:
        """Without looking."""
        return self._shown

    def forget(self) -> None:
        """Look again at the next page: somebody has just set another."""
        self._looked_ms = None

    async def shown(self, database: Database, now_ms: int) -> Shown:
        """The number that stands now."""
        # a demo's clock goes back as well: what was looked at in time to come is old too
        if self._looked_ms is None or not 0 <= now_ms - self._looked_ms < GOOD_FOR_MS:
            try:
                async with database.reading() as tx:
                    found = await duties.find_hotline(tx)
            except Unavailable:
                return self._shown
            self._shown = self.told(found)
            self._looked_ms = now_ms
        return self._shown

    def told(self, found: Hotline | None) -> Shown:
        """What stands where this was set last; None: nobody ever set one."""
        return Shown(found.number, found.hours) if found else self._given


def board_of(request: Request) -> HotlineBoard:
    board: HotlineBoard = request.app.state.hotline_board
    return board
