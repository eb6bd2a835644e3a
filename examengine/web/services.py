"""Everything a request may need, opened once at start."""

import os
import random
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from string import ascii_lowercase

import structlog

from examengine.accounts.passwords import STRONG, Cost, Passwords
from examengine.accounts.second_factor import SecondFactors
from examengine.accounts.sign_in import SignIn
from examengine.clock import Clock
from examengine.incidents.announcing import NoticeBoard
from examengine.incidents.work import Compensator
from examengine.live import Coalescer, Desk, Unavailable, WrongServer, connect
from examengine.live.admission import Queue
from examengine.live.desk import CLAMP_MS
from examengine.live.leases import Leases
from examengine.live.limits import SignInLimits
from examengine.live.shipping import ShippedUntil, Unshippeds
from examengine.live.wall import Board
from examengine.monitoring.collector import Collector
from examengine.monitoring.figures import Figures
from examengine.monitoring.publisher import Publisher
from examengine.monitoring.wall import Wall
from examengine.publishing.proofs import Proofs
from examengine.records import installation
from examengine.records.database import Database
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.records.visitors import Visitors
from examengine.regrading.counting import Counter
from examengine.regrading.work import Regrader
from examengine.reporting.tallying import Tallier
from examengine.settings import Settings
from examengine.sittings.admission import sign_ins_a_second, starts_a_second
from examengine.sittings.backlog import Backlog
from examengine.sittings.finish import Finisher
from examengine.sittings.hearing import Prober
from examengine.sittings.marked import Settler
from examengine.sittings.notary import Notary
from examengine.sittings.push import Pusher
from examengine.sittings.rebuild import Rebuilder
from examengine.sittings.ship import Shipper
from examengine.sittings.start import Starter
from examengine.sittings.sweep import Sweeper
from examengine.web.candidate.question_pieces import Shelf as QuestionShelf
from examengine.web.pdf import Press
from examengine.web.tokens import Tokens

log = structlog.get_logger(__name__)
_dice = random.SystemRandom()


def shuffled_letters() -> Iterable[str]:
    """a–z in an order that nobody can foresee."""
    return _dice.sample(ascii_lowercase, len(ascii_lowercase))


def always() -> bool:
    """Starts are taken: nobody watches the disk here."""
    return True


def _owner() -> str:
    """A name for this process' holding of a lease; the number tells an operator which process it is."""
    return f"{os.getpid()}-{secrets.token_hex(8)}"


@dataclass(slots=True)
class Serving:
    """How this worker stands. ``draining``: it ends soon; its answers ask the browser to come back elsewhere."""

    draining: bool = False


@dataclass(frozen=True, slots=True)
class Services:
    """What routes work with. ``accepts_starts`` is False while the disk is nearly full."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    visitors: Visitors
    shelf: Shelf
    calls: Coalescer
    desk: Desk
    leases: Leases
    passwords: Passwords
    sign_in: SignIn
    second_factors: SecondFactors
    starter: Starter
    starts: Queue
    sign_ins: Queue
    finisher: Finisher
    notary: Notary
    prober: Prober
    pusher: Pusher
    regrader: Regrader
    counter: Counter
    compensator: Compensator
    notices: NoticeBoard
    backlog: Backlog
    rebuilder: Rebuilder
    shipper: Shipper
    shipped_until: ShippedUntil
    settler: Settler
    sweeper: Sweeper
    tallier: Tallier
    tokens: Tokens
    figures: Figures
    publisher: Publisher
    collector: Collector
    wall: Wall
    accepts_starts: Callable[[], bool] = always
    questions: QuestionShelf = field(default_factory=QuestionShelf)
    serving: Serving = field(default_factory=Serving)
    proofs: Proofs = field(default_factory=Proofs)
    press: Press = field(default_factory=Press)


@asynccontextmanager
async def open_services(
    settings: Settings,
    clock: Clock,
    accepts_starts: Callable[[], bool] = always,
    *,
    password_cost: Cost = STRONG,
) -> AsyncIterator[Services]:
    """Open database and Redis, and close them at the end.

    Raises:
        records.Unavailable, records.WrongSchema: the database is away or has another schema.
        live.WrongServer: the Redis that the settings name could lose what it has acknowledged.
    """
    async with AsyncExitStack() as opened:
        database = await Database.open(settings.database_url)
        opened.push_async_callback(database.close)
        async with database.writing() as tx:
            name = await installation.get(tx)
        calls = connect(settings.redis_url, installation=name, durable=not settings.demo, prefix=settings.live_prefix)
        opened.push_async_callback(calls.aclose)
        passwords = Passwords(cost=password_cost)
        opened.callback(passwords.close)
        await _refuse_wrong_servers(calls)
        shelf, vault = Shelf(), Vault(settings.field_keys)
        starts, sign_ins = _queues(settings, calls, passwords.hash_s)
        desk = Desk(calls, clamp=not settings.demo, fenced=True)
        mending_desk = Desk(calls.past_fence, clamp=not settings.demo)
        prober = Prober(database, desk, clock, moved_clocks=settings.demo)
        finisher = Finisher(database, desk, shelf, prober)
        pusher = Pusher(database, desk, shelf)
        leases = Leases(calls)
        settler = Settler(database, shelf)
        shipped_until = ShippedUntil(calls)
        unshipped = Unshippeds(calls, clamp=not settings.demo)
        shipper = Shipper(database, unshipped, shipped_until, leases, clock, secrets.token_hex(8))
        figures, board = Figures(), Board(calls)
        sweeper = Sweeper(database, desk, leases, finisher, pusher, settler, clock, _owner())
        yield Services(
            settings=settings,
            clock=clock,
            database=database,
            vault=vault,
            visitors=Visitors(database, vault),
            shelf=shelf,
            calls=calls,
            desk=desk,
            leases=leases,
            passwords=passwords,
            sign_in=SignIn(database, vault, SignInLimits(calls), passwords, sign_ins),
            second_factors=SecondFactors(database, vault, SignInLimits(calls)),
            starter=Starter(database, desk, shelf, secrets.token_bytes),
            starts=starts,
            sign_ins=sign_ins,
            finisher=finisher,
            notary=Notary(database, leases, settings.evidence_keys, settings.data_dir, clock, secrets.token_hex(8)),
            prober=prober,
            pusher=pusher,
            regrader=Regrader(database, shelf, leases, clock, _owner()),
            counter=Counter(database, shelf, leases, clock, _owner()),
            compensator=Compensator(database, shelf, leases, clock, _owner()),
            notices=NoticeBoard(database, clock),
            backlog=Backlog(database),
            rebuilder=Rebuilder(database, calls, mending_desk, leases, shelf, clock, secrets.token_hex(8)),
            shipper=shipper,
            shipped_until=shipped_until,
            settler=settler,
            sweeper=sweeper,
            tallier=Tallier(database, leases, _owner()),
            tokens=Tokens(settings.signing_keys),
            figures=figures,
            publisher=Publisher(board, figures, clock, _owner(), lambda: sweeper.failing + pusher.failing),
            collector=Collector(database, board, leases, shelf, shipper.oldest_unshipped_ms, clock, _owner()),
            wall=Wall(board),
            accepts_starts=accepts_starts,
        )


def _queues(settings: Settings, calls: Coalescer, hash_s: float) -> tuple[Queue, Queue]:
    """The lines in front of starts and of sign-ins."""
    cores = os.cpu_count() or 1
    starts, sign_ins = settings.starts_a_second, settings.sign_ins_a_second
    if starts == 0:
        starts = starts_a_second(cores, one_writer=not settings.database_url.startswith("postgresql"))
    if sign_ins == 0:
        sign_ins = sign_ins_a_second(cores, hash_s)
    clamp_ms = -1 if settings.demo else CLAMP_MS
    return (
        Queue(calls, "start", starts, clamp_ms=clamp_ms),
        Queue(calls, "sign_in", sign_ins, clamp_ms=clamp_ms),
    )


async def _refuse_wrong_servers(calls: Coalescer) -> None:
    """One that is only away may come back; it is looked at again then."""
    try:
        await calls.check()
    except WrongServer:
        raise
    except Unavailable as error:
        log.warning("redis_not_looked_at", error=str(error))
