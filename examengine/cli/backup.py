"""``examengine backup`` and ``examengine restore``."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from examengine.cli.options import DataOption
from examengine.cli.output import fail

if TYPE_CHECKING:
    from examengine.clock import Clock
    from examengine.records.backup_files import Manifest, Tell
    from examengine.settings import Settings
    from examengine.web.services import Services

SHIP_SECONDS = 30.0
AGAIN_SECONDS = 0.2
MiB = 1024 * 1024


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="is made; must not exist")],
    data: DataOption = None,
    record_only: Annotated[
        bool, typer.Option("--record-only", help="do not wait for what only Redis has, e.g. when it is lost")
    ] = False,
) -> None:
    """Back the record up to DIR while exams run. Redis needs no backup; the keys are not in it."""
    from examengine.cli.connection import settings_of
    from examengine.clock import SystemClock
    from examengine.records import backup as backups

    settings, clock = settings_of(data), SystemClock()

    async def work(tell: "Tell") -> "Manifest":
        if not record_only:
            await _ship(settings, clock)
        return await backups.write(settings.database_url, folder, settings.field_keys, clock.now_ms(), tell)

    manifest = _run(work, "backup")
    octets = sum(file.stat().st_size for file in folder.iterdir())
    _note(settings, manifest, octets)
    typer.echo(f"{_described(manifest)}\n{folder}：{octets / MiB:.1f} MiB，SHA-256 {manifest.digest()}")
    typer.echo(_about_keys(settings))


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="made by examengine backup")],
    data: DataOption = None,
    check: Annotated[bool, typer.Option("--check", help="only read the backup through; nothing is changed")] = False,
) -> None:
    """Take a backup back into an empty database: one without tables, or with ours and not a row in them."""
    from examengine.cli.connection import settings_of
    from examengine.clock import SystemClock
    from examengine.records import backup_files
    from examengine.records.restore import restore as take_back
    from examengine.sittings.notary import COPY_FILE

    async def only_check(tell: "Tell") -> "Manifest":
        return backup_files.check(folder, tell)

    if check:
        typer.echo(f"{_described(_run(only_check, 'check'))}\n备份完好 The backup is whole.")
        return
    settings, clock = settings_of(data), SystemClock()

    async def work(tell: "Tell") -> "Manifest":
        async with _nobody_serves(settings):
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            taken = await take_back(settings.database_url, folder, settings.field_keys, clock.now_ms(), tell)
            _put_aside(settings.data_dir / COPY_FILE, clock.now_ms())
            return taken

    typer.echo(_described(_run(work, "restore")))
    typer.echo(
        "已恢复 Restored. 接下来 Next:\n"
        "  1. 用一个空的 Redis 启动 Start with an empty Redis: examengine serve\n"
        "  2. 等 /health 返回 ok；打开着的考试页面会自己接上 Wait for /health; open exam pages join again\n"
        "  3. 备份之后的事实（报名、加考、成绩）不在其中：见 docs/running.md What came after the backup is not in it"
    )


def _note(settings: "Settings", manifest: "Manifest", octets: int) -> None:
    """Have the checks before publishing know of it; a backup that could not be noted is a backup all the same."""
    from examengine.records import audit, checks
    from examengine.records.database import Database, RecordsError

    async def note() -> None:
        database = await Database.open(settings.database_url)
        try:
            async with database.writing() as tx:
                made = checks.Backup(manifest.made_ms, manifest.digest(), octets)
                backup_id = await checks.add_backup(tx, made)
                await audit.append(tx, manifest.made_ms, None, "back_up", "backup", backup_id)
        finally:
            await database.close()

    try:
        asyncio.run(note())
    except RecordsError as error:
        typer.echo(f"备份已写好，但没有登记到系统里 Not noted in the record: {type(error).__name__}", err=True)


def _put_aside(copy: Path, now_ms: int) -> None:
    """The copy of the checkpoints knows of facts that came after the backup: it is kept, and a new one begins."""
    if copy.exists():
        copy.rename(copy.with_name(f"{copy.name}.before-restore-{now_ms}"))


async def _ship(settings: "Settings", clock: "Clock") -> None:
    """See to it that all answers acknowledged up to now are in the record."""
    from contextlib import AsyncExitStack

    from examengine import live
    from examengine.embedded.redis import KeptElsewhere
    from examengine.embedded.standalone import with_redis
    from examengine.records.backup_files import BackupError
    from examengine.web.services import open_services

    now_ms = clock.now_ms()
    try:
        async with AsyncExitStack() as stack:
            try:
                settings, _ = await stack.enter_async_context(with_redis(settings))
            except KeptElsewhere as running:
                settings = replace(settings, redis_url=running.url)
            services = await stack.enter_async_context(open_services(settings, clock))
            stack.push_async_callback(services.leases.release_all)
            async with asyncio.timeout(SHIP_SECONDS):
                while not await _shipped(services, now_ms):  # noqa: ASYNC110 – others' work raises no event here
                    await asyncio.sleep(AGAIN_SECONDS)
    except (TimeoutError, live.Unavailable) as error:
        raise BackupError(
            f"the answers that only Redis has cannot be brought into the record ({type(error).__name__}); "
            "look at Redis, or leave them out with --record-only"
        ) from error


async def _shipped(services: "Services", stamp_ms: int) -> bool:
    """Whether every line older than ``stamp_ms`` is in SQL by now. A part of Redis that is being rebuilt hides its
    own, and must be open first.
    """
    from examengine import live
    from examengine.live.mending import Superseded
    from examengine.web.background import ship_up_to

    try:
        await services.rebuilder.look(services.clock.now_ms())
        if await services.calls.shut():
            return False
        await ship_up_to(services, stamp_ms)
    except live.WrongServer:
        raise
    except (live.Unavailable, Superseded):
        return False
    return True


@asynccontextmanager
async def _nobody_serves(settings: "Settings") -> AsyncIterator[None]:
    """Inside the block no engine of this folder runs, where the installation is one that keeps its own Redis."""
    from examengine.embedded.redis import KeptElsewhere
    from examengine.embedded.standalone import with_redis
    from examengine.records.backup_files import BackupError

    try:
        async with with_redis(settings):
            yield
    except KeptElsewhere as running:
        raise BackupError(f"{running}: stop the engine first") from running


def _run(work: "Callable[[Tell], Coroutine[Any, Any, Manifest]]", act: str) -> "Manifest":
    """Do it with progress on a terminal; trouble becomes one line."""
    from examengine.embedded.redis import KeeperError
    from examengine.records.errors import RecordsError

    try:
        with _progress(act) as tell:
            return asyncio.run(work(tell))
    except (RecordsError, KeeperError) as error:
        fail(f"{type(error).__name__}：{error}", code=1)
    except KeyboardInterrupt:
        fail("已中断，没有留下半份 Interrupted; nothing half-done is left.", code=130)


@contextmanager
def _progress(act: str) -> "Iterator[Tell]":
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as shown:
        task = shown.add_task(act)

        def tell(table: str, rows: int) -> None:
            shown.update(task, description=f"{act} {table} {rows:,}")

        yield tell


def _described(manifest: "Manifest") -> str:
    """What a backup holds, in a line or two."""
    from examengine.rules.calendar import iso

    rows = {table.name: table.rows for table in manifest.tables}
    counted = "，".join(f"{name} {rows[name]:,}" for name in ("people", "attempts", "outcomes") if name in rows)
    made = iso(manifest.made_ms - manifest.made_ms % 1000, "Asia/Shanghai")
    lines = [f"{made}  {manifest.database}  schema {manifest.revision}  examengine {manifest.program}", counted]
    if manifest.checkpoint is not None:
        lines.append(f"checkpoint {manifest.checkpoint['no']}: {manifest.checkpoint['root']}")
    return "\n".join(lines)


def _about_keys(settings: "Settings") -> str:
    from examengine.embedded.standalone import KEY_FILE

    path = settings.data_dir / KEY_FILE
    if path.exists():
        return (
            f"密钥不在备份里：请把 {path} 另存他处，没有它任何姓名都读不出来\n"
            "The keys are not in it: keep that file somewhere else. Without it no name can be read."
        )
    return "密钥不在备份里，请另外保存 The keys are not in it: keep EXAMENGINE_*_KEYS somewhere else."
