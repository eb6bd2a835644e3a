"""Connections at hand: taking one from SQLAlchemy's pool and giving it back costs more than a statement.

Who ends a transaction leaves its connection here for the next, unless somebody waits at the pool meanwhile. Only what
nothing is left of goes back into use: no transaction, of the driver's or of SQLAlchemy's.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class AtHand:
    """The idle connections of one engine. For one event loop."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._idle: list[AsyncConnection] = []
        self._waiting = 0

    async def take(self) -> AsyncConnection:
        """A connection without a transaction; raises what the pool and the driver raise."""
        while self._idle:
            connection = self._idle.pop()
            if _is_good(connection):
                return connection
            await connection.invalidate()
            await connection.close()
        self._waiting += 1
        try:
            connection = await self._engine.connect()
        finally:
            self._waiting -= 1
        if connection.dialect.name == "sqlite":
            return connection
        try:  # else the dialect begins a transaction of its own at the first statement
            return await connection.execution_options(isolation_level="AUTOCOMMIT")
        except BaseException:
            await connection.close()
            raise

    async def leave(self, connection: AsyncConnection) -> None:
        """Leave one that its user is done with."""
        if self._waiting or not _is_good(connection):
            await connection.close()
        else:
            self._idle.append(connection)

    def give_back(self) -> None:
        """Give the pool what it lent."""
        while self._idle:
            connection = self._idle.pop()
            sync = connection.sync_connection
            assert sync is not None
            if not _is_good(connection):
                sync.invalidate()
            sync.close()  # nothing is begun on it, so nothing is awaited


def _is_good(connection: AsyncConnection) -> bool:
    """Whether it is open, and nothing is begun on it."""
    sync = connection.sync_connection
    if sync is None or sync.closed or sync.invalidated or sync.in_transaction():
        return False
    driver: Any = sync.connection.driver_connection
    if sync.dialect.name == "sqlite":
        return not driver.in_transaction
    return not (driver.is_closed() or driver.is_in_transaction())
