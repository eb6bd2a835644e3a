"""Real servers for tests: one Redis, a primary with replicas under Sentinels, a cluster. All on 127.0.0.1."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import redis

from examengine.embedded.redis import find_server
from examengine.live.cluster import hash_slot
from examengine.live.slots import SLOTS, fence_key
from tests.programs import replicating_server

T = TypeVar("T")

DURABLE = ("appendonly yes", "appendfsync always", "maxmemory-policy noeviction", 'save ""')
DOWN_AFTER_MS = 1000
REPL_TIMEOUT_S = 3
START_SECONDS = 20.0


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, below those that the kernel hands out by itself."""
    with contextlib.ExitStack() as kept:
        ports: list[int] = []
        while len(ports) < count:
            one = kept.enter_context(contextlib.closing(socket.socket()))
            port = 10_000 + int.from_bytes(os.urandom(2), "big") % 20_000
            with contextlib.suppress(OSError):
                one.bind(("127.0.0.1", port))
                ports.append(port)
        return ports


def until(what: str, holds: Callable[[], T], seconds: float = START_SECONDS) -> T:
    """Ask until the answer is true; errors of a server that is not there yet are a no."""
    end_s = time.monotonic() + seconds
    while True:
        with contextlib.suppress(redis.RedisError):
            if answer := holds():
                return answer
        if time.monotonic() > end_s:
            raise RuntimeError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.02)


@dataclass
class Server:
    """One redis-server over a folder of its own; what it wrote is there when it is started again."""

    program: str
    folder: Path
    port: int = 0
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.folder / "s"

    @property
    def client(self) -> redis.Redis:
        """A fresh client; close it (``with``)."""
        where: dict[str, Any] = {"port": self.port} if self.port else {"unix_socket_path": str(self.socket)}
        return redis.Redis(**where, socket_timeout=2, protocol=2)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "redis.conf"
        if not config.exists():  # what Sentinels write into it must outlive a kill
            lines = [f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}", "logfile redis.log"]
            lines += [] if self.port else [f"unixsocket {self.socket}"]
            config.write_text("\n".join([*lines, *self.options, ""]))
        self.process = subprocess.Popen([self.program, str(config)], stdout=subprocess.DEVNULL)
        until("redis-server", lambda: self._has_ended() or self.ask("PING"))
        if self._has_ended():
            raise RuntimeError(f"redis-server ended at its start; {self.folder / 'redis.log'} says why")

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def ask(self, *command: str | int) -> Any:
        """One command over a connection of its own."""
        with self.client as client:
            return client.execute_command(*command)

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """It hears and answers nothing from now on (SIGSTOP)."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Start it again over its files, killing it where it still runs."""
        self.kill()
        self.start()

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
                self.process.send_signal(how)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
            self.process = None


def _folder() -> Path:
    # Not under pytest's own folder: a unix socket's path must stay short. Memory where it can be had: an fsync
    # there is real, and costs nothing.
    return Path(tempfile.mkdtemp(prefix="redis-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))


class RedisForTests:
    """One redis-server, durable as an installation's must be; flush it between tests.

    It listens on a private unix socket, or on ``port`` of 127.0.0.1.
    """

    def __init__(self, *options: str, port: int = 0) -> None:
        self.folder = _folder()
        options = (*DURABLE, "hash-max-ziplist-value 128", "auto-aof-rewrite-percentage 0", *options)
        self.server = Server(find_server().command[0], self.folder, port, options)
        self.socket = self.server.socket
        self.url = f"redis://127.0.0.1:{port}" if port else f"unix://{quote(str(self.socket))}"

    def start(self) -> str:
        """Start it and answer its URL."""
        self.server.start()
        return self.url

    def flush(self) -> None:
        """Forget everything but the scripts."""
        with self.server.client as client:
            client.flushall()

    def stop(self) -> None:
        """Stop it and remove its folder."""
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class _Several:
    """Several servers over one folder; ``stop`` ends them all and removes it."""

    def __init__(self) -> None:
        program = replicating_server()
        if program is None:
            raise RuntimeError("no redis-server of version 7.2 or newer here")
        self.program = program
        self.folder = _folder()
        self.nodes: list[Server] = []

    def kill(self, node: Server) -> None:
        node.kill()

    def restart(self, node: Server) -> None:
        node.restart()

    def stop(self) -> None:
        for server in self._all():
            with contextlib.suppress(ProcessLookupError):
                server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _all(self) -> Iterator[Server]:
        yield from self.nodes

    def _server(self, name: str, port: int, *options: str) -> Server:
        replicating = (f"repl-timeout {REPL_TIMEOUT_S}", "repl-ping-replica-period 1", "repl-diskless-sync-delay 0")
        options = (*DURABLE, *replicating, "min-replicas-to-write 1", *options)
        return Server(self.program, self.folder / name, port, options)


class SentinelForTests(_Several):
    """A primary, its replicas and three Sentinels. ``primary`` is the node that the Sentinels name now."""

    SERVICE = "exam"

    def __init__(self, replicas: int = 2) -> None:
        super().__init__()
        self.sentinels: list[Server] = []
        self._replicas = replicas
        self.url = ""

    def start(self) -> str:
        """Start all, wait until everyone knows everyone, and answer the URL."""
        ports = free_ports(4 + self._replicas)
        first, *others = ports[3:]
        self.nodes = [self._server("0", first)]
        self.nodes += [
            self._server(str(no), port, f"replicaof 127.0.0.1 {first}") for no, port in enumerate(others, 1)
        ]
        for node in self.nodes:
            node.start()
        for no, port in enumerate(ports[:3]):
            folder = self.folder / f"sentinel{no}"
            folder.mkdir()
            config = folder / "sentinel.conf"
            config.write_text(
                f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
                f"sentinel monitor {self.SERVICE} 127.0.0.1 {first} 2\n"
                f"sentinel down-after-milliseconds {self.SERVICE} {DOWN_AFTER_MS}\n"
                f"sentinel failover-timeout {self.SERVICE} 2000\n"
                f"sentinel parallel-syncs {self.SERVICE} 2\n"
            )
            self.sentinels.append(_Sentinel(self.program, folder, port))
        for sentinel in self.sentinels:
            sentinel.start()
        until("sentinels", lambda: all(self._knows_all(sentinel) for sentinel in self.sentinels))
        self.url = f"redis+sentinel://{','.join(f'127.0.0.1:{port}' for port in ports[:3])}/{self.SERVICE}"
        return self.url

    @property
    def primary(self) -> Server:
        """Whom the newest election has made so."""
        told: list[tuple[int, int]] = []
        for sentinel in self.sentinels:
            with contextlib.suppress(redis.RedisError), sentinel.client as client:
                port = int(client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.SERVICE)[1])
                told.append((client.sentinel_master(self.SERVICE)["config-epoch"], port))
        port = max(told)[1]
        return next(node for node in self.nodes if node.port == port)

    @property
    def replicas(self) -> list[Server]:
        primary = self.primary
        return [node for node in self.nodes if node is not primary]

    def heal(self) -> None:
        """Start what was killed, wake what was paused, and wait until two follow the third and Sentinels see it."""
        for server in self._all():
            if server.process is None:
                server.start()
            server.resume()
        until("replicas", self._follow, 30)

    def _follow(self) -> bool:
        for sentinel in self.sentinels:
            with sentinel.client as client:
                if client.sentinel_master(self.SERVICE)["flags"] != "master":
                    return False
        primary = self.primary
        for node in self.replicas:
            # A Sentinel would tell it too, after ten seconds.
            if node.ask("ROLE")[0] == b"master":
                node.ask("REPLICAOF", "127.0.0.1", primary.port)
        return self._online() == self._replicas

    def _online(self) -> int:
        with self.primary.client as client:
            said = client.info("replication")
        return sum(said.get(f"slave{no}", {}).get("state") == "online" for no in range(said["connected_slaves"]))

    def _knows_all(self, sentinel: Server) -> bool:
        with sentinel.client as client:
            state = client.sentinel_master(self.SERVICE)
        with self.nodes[0].client as client:
            online = client.info("replication").get("connected_slaves")
        return bool(state["num-other-sentinels"] == 2 and state["num-slaves"] == self._replicas == online)

    def _all(self) -> Iterator[Server]:
        yield from self.sentinels
        yield from self.nodes


class _Sentinel(Server):
    def start(self) -> None:
        self.process = subprocess.Popen(
            [self.program, str(self.folder / "sentinel.conf"), "--sentinel", "--logfile", "sentinel.log"],
            stdout=subprocess.DEVNULL,
        )
        until("sentinel", lambda: self.ask("PING"))


class ClusterForTests(_Several):
    """Three primaries with one replica each."""

    def __init__(self, replicas: int = 1) -> None:
        super().__init__()
        self._replicas = replicas
        self.url = ""

    def start(self) -> str:
        """Start all, join them, wait until every node calls the cluster whole, and answer the URL."""
        count = 3 * (1 + self._replicas)
        ports = free_ports(2 * count)
        for no in range(count):
            options = [f"cluster-node-timeout {DOWN_AFTER_MS}", f"cluster-port {ports[count + no]}"]
            options += [
                "cluster-enabled yes",
                "cluster-require-full-coverage no",
                "cluster-replica-validity-factor 0",
            ]
            self.nodes.append(self._server(str(no), ports[no], *options))
        for node in self.nodes:
            node.start()
        edges = (0, 5461, 10923, 16384)
        for no, node in enumerate(self.nodes[:3]):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", no + 1)
            node.ask("CLUSTER", "ADDSLOTSRANGE", edges[no], edges[no + 1] - 1)
        for node in self.nodes[1:]:
            node.ask("CLUSTER", "MEET", "127.0.0.1", ports[0], ports[count])
        until("cluster", lambda: all(self._known(node) == count for node in self.nodes))
        ids = [node.ask("CLUSTER", "MYID").decode() for node in self.nodes[:3]]
        for no, node in enumerate(self.nodes[3:]):
            until("replica", partial(node.ask, "CLUSTER", "REPLICATE", ids[no % 3]))
        until("cluster", lambda: all(self._whole(node) for node in self.nodes))
        self.url = f"redis+cluster://{','.join(f'127.0.0.1:{port}' for port in ports[:3])}"
        return self.url

    @property
    def primary(self) -> Server:
        """The primary of slot 0."""
        return self.primary_of(0)

    def primary_of(self, slot: int) -> Server:
        """The node that serves a slot of ours (0 to 63) now, as a node that lives tells it."""
        return self.serving()[slot]

    def serving(self) -> list["Server"]:
        """The nodes that serve our slots, in their order."""
        by_port = {node.port: node for node in self.nodes}
        for node in self.nodes:
            with contextlib.suppress(redis.RedisError):
                ranges = node.ask("CLUSTER", "SLOTS")
                return [
                    next(by_port[port] for first, last, (_host, port, *_), *_ in ranges if first <= at <= last)
                    for at in (hash_slot(fence_key(slot)) for slot in range(SLOTS))
                ]
        raise RuntimeError("no node of the cluster answers")

    def heal(self) -> None:
        """Start what was killed, wake what was paused, and wait until every primary has its replicas."""
        for node in self.nodes:
            if node.process is None:
                node.start()
            node.resume()
        until("cluster", lambda: all(self._whole(node) for node in self.nodes), 30)

    def replica_of(self, primary: Server) -> Server:
        for node in self.nodes:
            with node.client as client:
                said = client.info("replication")
            if said["role"] == "slave" and said["master_port"] == primary.port:
                return node
        raise RuntimeError("it has no replica")

    def _known(self, node: Server) -> int:
        return len(node.ask("CLUSTER", "NODES").splitlines())

    def _whole(self, node: Server) -> bool:
        with node.client as client:
            said: Any = client.execute_command("CLUSTER", "INFO")
            state = client.info("replication")
        follows = state.get("master_link_status") == "up" or state.get("connected_slaves") == self._replicas
        return b"cluster_state:ok" in said and follows
