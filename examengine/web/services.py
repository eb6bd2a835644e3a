"""Everything a request may need, opened once at start."""

import random
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from string import ascii_lowercase

from examengine.accounts.passwords import STRONG, Cost, Passwords
from examengine.accounts.sign_in import SignIn
from examengine.clock import Clock
from examengine.live import Coalescer, Desk, connect
from examengine.live.leases import Leases
from examengine.live.limits import SignInLimits
from examengine.records.database import Database
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.settings import Settings
from examengine.sittings.finish import Finisher
from examengine.sittings.push import Pusher
from examengine.sittings.start import Starter
from examengine.sittings.sweep import Sweeper
from examengine.web.candidate.paper_page import Shelf as QuestionShelf
from examengine.web.tokens import Tokens

_dice = random.SystemRandom()


def shuffled_letters() -> Iterable[str]:
    """a–z in an order that nobody can foresee."""
    return _dice.sample(ascii_lowercase, len(ascii_lowercase))


def always() -> bool:
    """Starts are taken: nobody watches the disk here."""
    return True


@dataclass(frozen=True, slots=True)
class Services:
    """What routes work with. ``accepts_starts`` is False while the disk is nearly full."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    shelf: Shelf
    calls: Coalescer
    desk: Desk
    passwords: Passwords
    sign_in: SignIn
    starter: Starter
    finisher: Finisher
    pusher: Pusher
    sweeper: Sweeper
    tokens: Tokens
    accepts_starts: Callable[[], bool] = always
    questions: QuestionShelf = field(default_factory=QuestionShelf)


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
    """
    database = await Database.open(settings.database_url)
    calls = connect(settings.redis_url)
    passwords = Passwords(cost=password_cost)
    try:
        shelf, vault = Shelf(), Vault(settings.field_keys)
        desk = Desk(calls, clamp=not settings.demo)
        finisher = Finisher(database, desk, shelf)
        pusher = Pusher(database, desk, shelf)
        yield Services(
            settings=settings,
            clock=clock,
            database=database,
            vault=vault,
            shelf=shelf,
            calls=calls,
            desk=desk,
            passwords=passwords,
            sign_in=SignIn(database, vault, SignInLimits(calls), passwords),
            starter=Starter(database, desk, shelf, secrets.token_bytes),
            finisher=finisher,
            pusher=pusher,
            sweeper=Sweeper(database, desk, Leases(calls), finisher, pusher, clock, secrets.token_hex(8)),
            tokens=Tokens(settings.signing_keys),
            accepts_starts=accepts_starts,
        )
    finally:
        passwords.close()
        await calls.aclose()
        await database.close()
