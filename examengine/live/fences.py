"""Fences: a server takes writes of a slot only while it is known to hold what SQL says of that slot.

Every start of a server and every change of primary makes a new *life*. The fence of a slot, kept in Redis beside the
slot's keys, names the life for which the slot was last reconciled with SQL. On every new connection the fences are
read before anything else: where one names another life, the slot is shut, and its calls are not sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from examengine.live.slots import SLOTS, fence_key
from examengine.live.wire import Command

LOOK_AGAIN_SECONDS = 0.25
# A replica reports once a second. One that has been silent for longer counts as gone, long before its connection
# (repl-timeout) is given up.
MAX_LAG_SECONDS = 5
ALL_SLOTS = frozenset(range(SLOTS))


@dataclass(frozen=True, slots=True)
class ShutSlot:
    """A slot that must be reconciled before it takes writes.

    ``wanted`` is the fence to set then; ``found`` the one that is there, None where the slot is lost;
    ``heard_ms`` when the slot last proved that it could be heard.
    """

    slot: int
    wanted: str
    found: str | None
    heard_ms: int | None


@dataclass(frozen=True, slots=True)
class Life:
    """Who a server says it is.

    ``offset`` is how far its stream of changes has come, ``following`` names the replicas that follow it now
    (``host:port``).
    """

    version: tuple[int, ...]
    run_id: str
    replication_id: str
    role: str
    offset: int = 0
    following: frozenset[str] = frozenset()

    def fence(self, installation: str) -> str:
        """What a fence holds that was set in this life."""
        return f"{installation}:{self.run_id}:{self.replication_id}"


ASK_LIFE: tuple[Command, ...] = (("INFO", "server"), ("INFO", "replication"))


def life(server: bytes, replication: bytes) -> Life:
    """Read the two INFO sections of ``ASK_LIFE``."""
    said = _fields(server)
    version = tuple(int(part) for part in (said.get("valkey_version") or said["redis_version"]).split(".")[:3])
    told = _fields(replication)
    return Life(
        version,
        said["run_id"],
        told["master_replid"],
        told["role"],
        int(told["master_repl_offset"]),
        _following(told),
    )


def still(known: Life, replication: bytes) -> Life:
    """The same life as INFO's replication section tells it now; another replication id or role: it is over."""
    told = _fields(replication)
    return replace(
        known,
        replication_id=told["master_replid"],
        role=told["role"],
        offset=int(told["master_repl_offset"]),
        following=_following(told),
    )


def _following(told: dict[str, str]) -> frozenset[str]:
    replicas = [told.get(f"slave{no}", "") for no in range(int(told.get("connected_slaves", 0)))]
    said = [dict(part.split("=", 1) for part in replica.split(",") if "=" in part) for replica in replicas]
    return frozenset(
        f"{one['ip']}:{one['port']}"
        for one in said
        if one.get("state") == "online" and int(one.get("lag", 0)) <= MAX_LAG_SECONDS
    )


def ask_fences(slots: Iterable[int], prefix: str = "") -> list[Command]:
    """Commands that read the fences of slots; ``prefix`` stands before every key (see ``Terms``)."""
    return [("HMGET", prefix + fence_key(slot), "id", "hb") for slot in slots]


def fenced_slot(key: str) -> int | None:
    """The slot of a key whose tag is two digits; other keys stand behind no fence."""
    if key[:1] == "{" and key[3:4] == "}" and key[1:3].isdigit():
        slot = int(key[1:3])
        return slot if slot < SLOTS else None
    return None


def _fields(section: bytes) -> dict[str, str]:
    return dict(line.split(":", 1) for line in section.decode().split("\r\n") if ":" in line)
