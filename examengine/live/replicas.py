"""What is acknowledged stands with every replica that follows the primary, and on their disks.

Behind every pipeline to a server with replicas go three more commands, on the same connection: who the server is now
and who follows it, and two waits, until all that follow have what this connection wrote, and until they have it on
disk. Once a pipeline, whatever it carries. Where fewer answer in time nothing of the pipeline is acknowledged.

One exception: a replica that has just been copied to has no append-only file until it has written a whole one. Until
then it must have everything in memory, and another replica, at least one, on disk.
"""

from collections.abc import Collection
from dataclasses import dataclass

import structlog

from examengine.live.errors import Unavailable, WrongServer
from examengine.live.fences import Life, still
from examengine.live.wire import Command

OLDEST_WITH_REPLICAS = (7, 2)
# Of the time that a pipeline has; the rest is for the pipeline itself.
WAIT_SHARE = 0.6
# How often, and for how long, a replica without an append-only file is asked whether it has one now.
PROBE_SECONDS = 1.0
PROBE_WAIT_MS = 20

ASK_CONFIG: tuple[Command, ...] = (
    ("CONFIG", "GET", "*append*"),
    ("CONFIG", "GET", "maxmemory-policy"),
    ("CONFIG", "GET", "min-replicas-to-write"),
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rival:
    """A replica that whoever chooses the next primary holds to be alive; ``offset`` as last heard of there."""

    name: str
    offset: int


def refuse_rivals(life: Life, rivals: Collection[Rival]) -> None:
    """A server that was started again counts its stream of changes from the beginning, and the replica with the
    highest count is chosen. One that has not come back to it yet would win over those that have everything.

    Raises:
        Unavailable: there is such a one.
    """
    if len(rivals) <= len(life.following):
        return
    for rival in rivals:
        if rival.name not in life.following and rival.offset > life.offset:
            raise Unavailable(f"the replica {rival.name} does not follow the primary yet")


class Followers:
    """How many replicas must have what a server is told before it is acknowledged.

    ``replicated``: the settings name Sentinels or a cluster; there it is one at least.

    Raises:
        WrongServer: there are replicas, and the server is too old to say what they have on disk.
    """

    def __init__(self, life: Life, replicated: bool, timeout_s: float) -> None:
        self._life = life
        self._least = 1 if replicated else 0
        self._wait_ms = int(timeout_s * WAIT_SHARE * 1000 / 2)
        self._probed_at_s = 0.0
        self.count = self._on_disk = max(len(life.following), self._least)
        if self.count and life.version < OLDEST_WITH_REPLICAS:
            version = ".".join(map(str, life.version))
            raise WrongServer(
                f"Redis {version} has replicas and cannot say what they have on disk (WAITAOF): use Redis or Valkey "
                "7.2 or newer, or one server without replicas"
            )

    def tail(self, now_s: float) -> list[Command]:
        """What goes behind a pipeline.

        WAIT first: a replica that is asked in the same breath as it gets the writes would answer WAITAOF only with
        its next report, up to a second later.
        """
        behind: list[Command] = [
            ("INFO", "replication"),
            ("WAIT", self.count, self._wait_ms),
            ("WAITAOF", 1, self._on_disk, self._wait_ms),
        ]
        if self._on_disk < self.count and now_s >= self._probed_at_s + PROBE_SECONDS:
            self._probed_at_s = now_s
            behind.append(("WAITAOF", 1, self.count, PROBE_WAIT_MS))
        return behind

    def proved(self, replies: list[object]) -> bool:
        """Read the replies of ``tail``: whether all that follow now have all that was written.

        False: one has come since that was not asked; ask again.

        Raises:
            Unavailable: fewer have it, or the server is no longer who it was.
        """
        section, in_memory, *on_disk = replies
        for reply in replies:
            if isinstance(reply, Exception):
                raise Unavailable(f"whether the replicas have it is not known: {reply}")
        assert isinstance(section, bytes)
        assert isinstance(in_memory, int)
        now = still(self._life, section)
        if now.role != "master" or now.replication_id != self._life.replication_id:
            raise Unavailable("the server is no longer the primary that it was")
        if in_memory < self.count:
            raise Unavailable(f"{in_memory} of {self.count} replicas have it")
        local, remote = max(reply for reply in on_disk if isinstance(reply, list))
        if local < 1 or remote < 1:
            raise Unavailable(f"{remote} of {self.count} replicas have it on disk")
        if self._on_disk != (able := min(self.count, remote)):
            log.warning("redis_replicas_on_disk", able=able, of=self.count)
            self._on_disk = able
        if len(now.following) > self.count:
            self.count = len(now.following)
            return False
        return True


def check_config(replies: list[object], replicated: bool) -> None:
    """Read the replies of ``ASK_CONFIG``.

    Raises:
        WrongServer: with this configuration what was acknowledged could be lost.
    """
    config: dict[str, str] = {}
    for reply in replies:
        if isinstance(reply, Exception):
            log.warning("redis_configuration_unknown", error=str(reply))
            return
        pairs = reply.items() if isinstance(reply, dict) else ()
        config |= {name.decode(): value.decode() for name, value in pairs}
    wanted = {
        "appendonly": "yes",
        "appendfsync": "always",
        "no-appendfsync-on-rewrite": "no",
        "maxmemory-policy": "noeviction",
    }
    wrong = [
        f"{name} is {config.get(name)!r}, not {value!r}"
        for name, value in wanted.items()
        if config.get(name) != value
    ]
    if replicated and config.get("min-replicas-to-write", config.get("min-slaves-to-write", "0")) == "0":
        wrong.append("min-replicas-to-write is 0, not at least 1")
    if wrong:
        raise WrongServer("this Redis could lose what it has acknowledged: " + "; ".join(wrong))
