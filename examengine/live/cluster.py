"""Redis Cluster: every call goes to the node that serves its key."""

import asyncio
import contextlib
from binascii import crc_hqx
from collections import Counter
from collections.abc import Sequence
from typing import Any

from examengine.live.errors import Unavailable, WrongServer
from examengine.live.fences import ShutSlot, fenced_slot
from examengine.live.node import Call, Node, Reached, Terms
from examengine.live.replicas import Rival
from examengine.live.slots import SLOTS, fence_key
from examengine.live.wire import Access, Address, Wire

HASH_SLOTS = 16384
ASK_SECONDS = 0.5
# A map younger than this is taken as it is.
FRESH_SECONDS = 0.2
MAX_REDIRECTIONS = 5

Row = tuple[int, int, Address]


def hash_slot(key: str) -> int:
    """The hash slot of a key: CRC16 of its tag, or of the whole where it has none."""
    begin = key.find("{")
    end = key.find("}", begin + 1)
    tag = key[begin + 1 : end] if begin >= 0 and end > begin + 1 else key
    return crc_hqx(tag.encode(), 0) % HASH_SLOTS


class Cluster:
    """A queue a node, and the map of who serves what as most nodes see it.

    The map is made anew before every new connection and when a node sends a call elsewhere; calls whose node is not
    known wait for it.
    """

    def __init__(self, seeds: Sequence[Address], access: Access, terms: Terms) -> None:
        self._seeds = tuple(seeds)
        self._access = access
        self._terms = terms
        self._known = frozenset(seeds)
        self._table: list[Address | None] = [None] * HASH_SLOTS
        self._slots: dict[Address, frozenset[int]] = {}
        self._nodes: dict[Address, Node] = {}
        self._parked: list[Call] = []
        self._mapping: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._mapped_at_s = float("-inf")
        self._closed = False
        self.wrong: WrongServer | None = None

    def put(self, call: Call) -> None:
        """Take a call; see ``Node.put``."""
        if self._closed:
            raise Unavailable("closed")
        address = self._owner(call.key)
        if address is None:
            self._park(call)
        else:
            self._node(address).put(call)

    async def shut(self) -> list[ShutSlot]:
        """The shut slots of the nodes that answer; raises ``Unavailable`` where none does."""
        await self._fresh_map()
        told = await asyncio.gather(*(self._node(one).shut() for one in self._slots), return_exceptions=True)
        answers = [answer for answer in told if isinstance(answer, list)]
        if not answers:
            raise Unavailable("no node of the cluster answers")
        return sorted((gap for answer in answers for gap in answer), key=lambda gap: gap.slot)

    async def primaries(self) -> list[Node]:
        """The servers that hold keys; raises ``Unavailable`` where the map cannot be had."""
        await self._fresh_map()
        return [self._node(address) for address in self._slots]

    async def check(self) -> None:
        """See that every primary answers and may be used; raises ``WrongServer``, ``Unavailable``."""
        await self._fresh_map()
        told = await asyncio.gather(*(self._node(one).check() for one in self._slots), return_exceptions=True)
        failed = [error for error in told if isinstance(error, BaseException)]
        for error in sorted(failed, key=lambda error: not isinstance(error, WrongServer)):
            raise error

    async def aclose(self) -> None:
        """Give up what waits and close all connections."""
        self._closed = True
        self._release("closed")
        if self._mapping is not None:
            self._mapping.cancel()
            await asyncio.wait([self._mapping])
        await asyncio.gather(*(node.aclose() for node in self._nodes.values()), *self._ending)

    def _owner(self, key: str) -> Address | None:
        if key:
            return self._table[hash_slot(key)]
        return next(iter(self._slots), None)

    def _node(self, address: Address) -> Node:
        if address not in self._nodes:

            async def dial() -> Reached:
                await self._fresh_map()
                if address not in self._slots:
                    raise Unavailable(f"{address} is no primary of the cluster")
                wire = await Wire.open(address, self._access)

                async def rivals() -> list[Rival]:
                    if self._mapping is not None:  # begun before the server answered
                        await asyncio.shield(self._mapping)
                    self._mapped_at_s = float("-inf")
                    await self._fresh_map()
                    if address not in self._slots:
                        raise Unavailable(f"{address} is no primary of the cluster any more")
                    return await _rivals(wire)

                return Reached(wire, rivals)

            def serves() -> frozenset[int]:
                return self._slots.get(address, frozenset())

            self._nodes[address] = Node(dial, self._terms, serves, self._redirect)
        return self._nodes[address]

    def _redirect(self, call: Call, reply: str) -> bool:
        word, _slot, where = reply.split(" ")[:3]
        call.redirections += 1
        if call.redirections > MAX_REDIRECTIONS or self._closed:
            return False
        call.asking = word == "ASK"
        try:
            if not call.asking:
                self._mapped_at_s = float("-inf")
                self._park(call)
            elif fenced_slot(call.key) is not None:
                return False  # a slot of ours on the move waits until it has arrived, and is looked at there
            else:
                host, _, port = where.rpartition(":")
                self._node(Address(host.strip("[]"), int(port))).put(call)
        except Unavailable:
            return False
        return True

    # ── the map ──

    def _park(self, call: Call) -> None:
        if len(self._parked) >= self._terms.max_waiting:
            raise Unavailable(f"{self._terms.max_waiting} calls are waiting")
        self._parked.append(call)
        self._map_soon()

    def _map_soon(self) -> asyncio.Task[None]:
        if self._mapping is None:
            self._mapping = asyncio.get_running_loop().create_task(self._map())
        return self._mapping

    async def _fresh_map(self) -> None:
        if asyncio.get_running_loop().time() >= self._mapped_at_s + FRESH_SECONDS:
            await asyncio.shield(self._map_soon())
        if not self._slots:
            raise self.wrong or Unavailable("the nodes of the cluster do not answer, or do not agree")

    async def _map(self) -> None:
        """Ask every node that is known who serves what, and take what most of them say."""
        why = "no node of the cluster serves this key"
        try:
            views = await self._views()
            if len(views) * 2 < len(self._known):
                why = "too few nodes of the cluster answer"
                self._slots = {}
                return
            votes = Counter(row for rows, _ in views for row in rows)
            rows = [row for row, count in votes.items() if count * 2 > len(views)]
            self._take(rows, frozenset().union(*(nodes for _, nodes in views)))
        finally:
            self._mapping = None
            parked, self._parked = self._parked, []
            for call in parked:
                self._place(call, why)

    def _place(self, call: Call, why: str) -> None:
        try:
            address = self._owner(call.key) if self._slots and not self._closed else None
            if address is None:
                raise Unavailable(why)
            self._node(address).put(call)
        except Unavailable as error:
            if not call.reply.done():
                call.reply.set_exception(error)

    def _take(self, rows: list[Row], known: frozenset[Address]) -> None:
        table: list[Address | None] = [None] * HASH_SLOTS
        for first, last, address in rows:
            table[first : last + 1] = [address] * (last + 1 - first)
        ours = [table[hash_slot(fence_key(slot))] for slot in range(SLOTS)]
        before = self._slots
        self._table, self._known = table, known | frozenset(self._seeds)
        self._slots = {
            address: frozenset(slot for slot in range(SLOTS) if ours[slot] == address)
            for address in dict.fromkeys(address for _, _, address in rows)
        }
        self._mapped_at_s = asyncio.get_running_loop().time()
        for address, node in tuple(self._nodes.items()):
            if address in self._slots:
                node.forget(before.get(address, frozenset()) - self._slots[address])
            else:
                del self._nodes[address]
                ending = asyncio.get_running_loop().create_task(node.aclose())
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)

    async def _views(self) -> list[tuple[frozenset[Row], frozenset[Address]]]:
        told = await asyncio.gather(*(self._view(address) for address in self._known), return_exceptions=True)
        self.wrong = next((answer for answer in told if isinstance(answer, WrongServer)), None)
        return [answer for answer in told if isinstance(answer, tuple)]

    async def _view(self, asked: Address) -> tuple[frozenset[Row], frozenset[Address]]:
        async with asyncio.timeout(ASK_SECONDS):
            wire = await Wire.open(asked, self._access)
            try:
                (told,) = await wire.ask(("CLUSTER", "SLOTS"))
            finally:
                wire.close()
        if isinstance(told, Exception):
            raise WrongServer(f"{asked} is no node of a cluster: {told}")
        rows, nodes = set(), set()
        for first, last, primary, *replicas in told:
            rows.add((first, last, _address(primary, asked)))
            nodes |= {_address(node, asked) for node in (primary, *replicas)}
        return frozenset(rows), frozenset(nodes)

    def _release(self, why: str) -> None:
        for call in self._parked:
            with contextlib.suppress(asyncio.InvalidStateError):
                call.reply.set_exception(Unavailable(why))
        self._parked = []


def _address(node: list[Any], asked: Address) -> Address:
    """A node as CLUSTER SLOTS names it; one without a name of its own is where we asked."""
    host = node[0].decode() if node[0] else ""
    return Address(asked.host if host in ("", "?") else host, node[1])


async def _rivals(wire: Wire) -> list[Rival]:
    """The replicas of the server at the other end that the cluster holds to be alive; Redis before 7 does not say."""
    name, shards = await wire.ask(("CLUSTER", "MYID"), ("CLUSTER", "SHARDS"))
    if not isinstance(shards, list):
        return []
    return [
        Rival(f"{node[b'ip'].decode()}:{node.get(b'port') or node[b'tls-port']}", node[b"replication-offset"])
        for shard in shards
        if any(node[b"id"] == name for node in shard[b"nodes"])
        for node in shard[b"nodes"]
        if node[b"id"] != name and node[b"health"] != b"fail"
    ]
