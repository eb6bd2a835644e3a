"""SQLite read here and now: short statements on a connection of the event loop's own, without a thread.

A hop to a thread and back costs several times what a look by primary key takes, some tens of microseconds. In
write-ahead mode a reader waits for no writer, so the loop does not stand still either; where the file is locked all
the same (it is recovered, or closed by its last user), nothing is waited for and the caller goes by the thread.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from examengine.records.fixed import Fixed, Values

CACHE = "cache_size = -2000"
"""KiB of pages."""


class Here:
    """For one event loop. ``engine``: whose file it reads."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._connection: sqlite3.Connection | None = None

    def rows(self, statement: Fixed, values: Values) -> Sequence[Sequence[Any]] | None:
        """What a fixed statement answers of the newest state, every row a tuple or list; None: it is locked now.

        Raises:
            sqlite3.Error: it cannot be read, or the statement would write.
        """
        plan = statement.plan(self.engine.dialect)
        try:
            connection = self._connection or self._opened()
            return plan.read(connection.execute(plan.text, plan.arguments(values)).fetchall())
        except sqlite3.Error as error:
            self.close()  # whatever is wrong with it, the next look begins anew
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                return None
            raise

    def close(self) -> None:
        """Nothing is lost: it is opened again where it is needed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _opened(self) -> sqlite3.Connection:
        args, _options = self.engine.dialect.create_connect_args(self.engine.url)
        connection = sqlite3.connect(args[0], timeout=0, isolation_level=None, check_same_thread=False)
        try:
            for pragma in ("query_only = ON", CACHE, "temp_store = MEMORY"):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection
