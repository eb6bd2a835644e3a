"""Settings, read once from the environment; every one of them is listed in ``docs/settings.md``."""

import os
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PREFIX = "EXAMENGINE_"
SEED_BYTES = 32
MAX_CLOCK_OFFSET_MS = 5_000
METRICS_TOKEN_LEAST = 20
MOST_A_SECOND = 100_000
IDLE_MINUTES = (5, 60)
IDLE_MINUTES_USUAL = 30
SLOW_MS_USUAL = 500
SLOW_MS_MOST = 60_000
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SettingsError(ValueError):
    """A setting is missing or cannot be understood; the text names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs.

    ``signing_keys``, ``field_keys`` and ``evidence_keys`` are lists, oldest first: the last one signs or encrypts,
    all are accepted. Evidence keys are Ed25519 seeds of 32 bytes, URL-safe base64. An empty ``redis_url`` means a
    Redis of our own in ``data_dir``, an empty ``database_url`` an SQLite file there; no keys, a key file there.
    ``clock_offset_ms`` shifts the clock of one worker, for fault tests. ``second_factor_required``: nobody works as
    staff without one. ``staff_idle_ms``: after so long without an act staff prove again who they are; 0 = never.
    ``metrics_token`` lets whoever knows it read ``/metrics``. ``slow_ms``: requests that take so long are told in the
    log with their steps; 0: none. ``live_prefix`` stands before every key in Redis: a
    capacity drill's shadow keeps its own apart with it; no environment sets it. ``starts_a_second`` and
    ``sign_ins_a_second``: how many are let in before others wait their turn; 0: by the cores, None: everybody.
    """

    data_dir: Path
    database_url: str
    redis_url: str
    public_url: str
    signing_keys: tuple[str, ...]
    field_keys: tuple[str, ...]
    evidence_keys: tuple[str, ...]
    demo: bool = False
    clock_offset_ms: int = 0
    second_factor_required: bool = False
    staff_idle_ms: int = 0
    metrics_token: str = ""
    slow_ms: int = SLOW_MS_USUAL
    live_prefix: str = ""
    starts_a_second: float | None = 0.0
    sign_ins_a_second: float | None = 0.0

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies carry ``Secure`` and the ``__Host-`` prefix."""
        return self.public_url.startswith("https://")


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read production settings.

    Raises:
        SettingsError: a required setting is missing or out of bounds, or a key is too short.
    """

    def optional(name: str) -> str:
        return environ.get(PREFIX + name, "").strip()

    def required(name: str) -> str:
        value = optional(name)
        if not value:
            raise SettingsError(f"{PREFIX}{name} is not set; docs/settings.md says what belongs there")
        return value

    def keys(name: str) -> tuple[str, ...]:
        values = tuple(part for part in required(name).replace(",", " ").split() if part)
        if any(len(value) < 32 for value in values):
            raise SettingsError(f"{PREFIX}{name}: every key needs at least 32 characters")
        return values

    def seeds(name: str) -> tuple[str, ...]:
        values = keys(name)
        for value in values:
            try:
                is_seed = len(urlsafe_b64decode(value + "=" * (-len(value) % 4))) == SEED_BYTES
            except ValueError:
                is_seed = False
            if not is_seed:
                raise SettingsError(f"{PREFIX}{name}: every key is 32 random bytes in URL-safe base64")
        return values

    database_url = optional("DATABASE_URL")
    # A key file is for the installation that keeps everything in one folder: several hosts need the same keys.
    has_key_file = not database_url and not any(
        optional(name) for name in ("SIGNING_KEYS", "FIELD_KEYS", "EVIDENCE_KEYS")
    )
    return Settings(
        data_dir=Path(required("DATA_DIR")),
        database_url=database_url,
        redis_url=optional("REDIS_URL"),
        public_url=_public_url(required("PUBLIC_URL")),
        signing_keys=() if has_key_file else keys("SIGNING_KEYS"),
        field_keys=() if has_key_file else keys("FIELD_KEYS"),
        evidence_keys=() if has_key_file else seeds("EVIDENCE_KEYS"),
        clock_offset_ms=_clock_offset_ms(optional("CLOCK_OFFSET_MS")),
        metrics_token=_metrics_token(optional("METRICS_TOKEN")),
        slow_ms=_slow_ms(optional("SLOW_MS")),
        second_factor_required=_second_factor(optional("SECOND_FACTOR")),
        staff_idle_ms=_idle_minutes(optional("STAFF_IDLE_MINUTES")) * 60_000,
        starts_a_second=_a_second("STARTS_PER_S", optional("STARTS_PER_S")),
        sign_ins_a_second=_a_second("SIGN_INS_PER_S", optional("SIGN_INS_PER_S")),
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    return host.strip("[]") in LOOPBACK


def _public_url(given: str) -> str:
    url = given.rstrip("/")
    parts = urlsplit(url)
    # Plain http for trials on one machine: nothing leaves it.
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return url
    raise SettingsError(f"{PREFIX}PUBLIC_URL must begin with https:// (http:// only for 127.0.0.1)")


def _metrics_token(given: str) -> str:
    if given and (len(given) < METRICS_TOKEN_LEAST or not given.isascii()):
        raise SettingsError(f"{PREFIX}METRICS_TOKEN needs at least {METRICS_TOKEN_LEAST} ASCII characters")
    return given


def _a_second(name: str, given: str) -> float | None:
    if given in {"", "unlimited"}:
        return None if given else 0.0
    try:
        rate = float(given)
    except ValueError:
        rate = 0.0
    if not 0.1 <= rate <= MOST_A_SECOND:
        raise SettingsError(f"{PREFIX}{name}: a number from 0.1 to {MOST_A_SECOND}, or unlimited, not {given}")
    return rate


def _slow_ms(given: str) -> int:
    if not given:
        return SLOW_MS_USUAL
    if not (given.isascii() and given.isdecimal() and len(given) < 6 and int(given) <= SLOW_MS_MOST):
        raise SettingsError(f"{PREFIX}SLOW_MS: a whole number of milliseconds up to {SLOW_MS_MOST}, not {given}")
    return int(given)


def _clock_offset_ms(given: str) -> int:
    try:
        offset_ms = int(given or "0")
    except ValueError:
        offset_ms = MAX_CLOCK_OFFSET_MS + 1
    if abs(offset_ms) > MAX_CLOCK_OFFSET_MS:
        raise SettingsError(
            f"{PREFIX}CLOCK_OFFSET_MS is for fault tests: at most {MAX_CLOCK_OFFSET_MS} ms either way, not {given}"
        )
    return offset_ms


def _second_factor(given: str) -> bool:
    if given not in {"", "required", "optional"}:
        raise SettingsError(f"{PREFIX}SECOND_FACTOR is required or optional, not {given}")
    return given != "optional"


def _idle_minutes(given: str) -> int:
    low, high = IDLE_MINUTES
    if not given:
        return IDLE_MINUTES_USUAL
    if not (given.isascii() and given.isdecimal() and len(given) < 4 and low <= int(given) <= high):
        raise SettingsError(f"{PREFIX}STAFF_IDLE_MINUTES: a whole number from {low} to {high}, not {given}")
    return int(given)
