"""Settings, read once from the environment; every one of them is listed in ``docs/settings.md``."""

import os
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PREFIX = "EXAMENGINE_"
SEED_BYTES = 32


class SettingsError(ValueError):
    """A setting is missing or cannot be understood; the text names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs.

    ``signing_keys``, ``field_keys`` and ``evidence_keys`` are lists, oldest first: the last one signs or encrypts,
    all are accepted. Evidence keys are Ed25519 seeds of 32 bytes, URL-safe base64.
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

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies carry ``Secure`` and the ``__Host-`` prefix."""
        return self.public_url.startswith("https://")


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read production settings.

    Raises:
        SettingsError: a required setting is missing, or a key is too short.
    """

    def required(name: str) -> str:
        value = environ.get(PREFIX + name, "")
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

    public_url = required("PUBLIC_URL").rstrip("/")
    if not public_url.startswith("https://"):
        raise SettingsError(f"{PREFIX}PUBLIC_URL must begin with https:// outside the demo")
    return Settings(
        data_dir=Path(required("DATA_DIR")),
        database_url=required("DATABASE_URL"),
        redis_url=required("REDIS_URL"),
        public_url=public_url,
        signing_keys=keys("SIGNING_KEYS"),
        field_keys=keys("FIELD_KEYS"),
        evidence_keys=seeds("EVIDENCE_KEYS"),
    )
