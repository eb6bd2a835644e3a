"""Which installation a command works on: the environment's, or one that keeps everything in a folder."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from examengine.cli.output import fail
from examengine.settings import PREFIX, Settings, SettingsError, from_environment

if TYPE_CHECKING:
    from examengine.records.database import Database
    from examengine.records.vault import Vault

T = TypeVar("T")


class Records:
    """An opened database and the keys to its personal data."""

    def __init__(self, database: "Database", vault: "Vault") -> None:
        self.database = database
        self.vault = vault


def settings_of(data: Path | None) -> Settings:
    """The installation's settings; leaves with a clear word where there is none."""
    from examengine.embedded.standalone import completed, embedded_settings

    if data is not None and not data.is_dir():
        fail(f"{data}：没有这个数据文件夹")
    if data is None and PREFIX + "DATA_DIR" not in os.environ:
        fail(f"请用 --data 指明数据文件夹，或设置 {PREFIX}DATA_DIR 等环境变量（见 docs/settings.md）")
    try:
        if data is not None:
            return embedded_settings(data, "http://127.0.0.1:8000", demo=True)
        return completed(from_environment())
    except SettingsError as error:
        fail(str(error))


@asynccontextmanager
async def records_of(data: Path | None) -> AsyncIterator[Records]:
    """Database and keys."""
    from examengine.records import migrate
    from examengine.records.database import Database
    from examengine.records.vault import Vault

    settings = settings_of(data)
    await migrate.bring_up_to_date(settings.database_url)
    database = await Database.open(settings.database_url)
    try:
        yield Records(database, Vault(settings.field_keys))
    finally:
        await database.close()


def run_on(data: Path | None, work: Callable[[Records], Awaitable[T]]) -> T:
    """Run ``work`` on the installation; database trouble becomes one line."""
    from examengine.records.errors import RecordsError

    async def main() -> T:
        async with records_of(data) as records:
            return await work(records)

    try:
        return asyncio.run(main())
    except RecordsError as error:
        fail(f"数据库：{type(error).__name__} {error}", code=1)
