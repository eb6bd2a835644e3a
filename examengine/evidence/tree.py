"""Merkle trees as RFC 9162 has them: a root over many hashes, and short proofs that one is among them."""

from collections.abc import Sequence

from examengine.evidence.canonical import sha256

MAX_PATH = 40


class Frontier:
    """A tree that grows by one leaf at a time and keeps only what its root needs."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        size, top = 1, leaf_hash(leaf)
        while self._peaks and self._peaks[-1][0] == size:
            _, left = self._peaks.pop()
            size, top = size * 2, node_hash(left, top)
        self._peaks.append((size, top))

    def root(self) -> bytes:
        """The root over all leaves; that of no leaves is the digest of nothing."""
        if not self._peaks:
            return sha256()
        top = self._peaks[-1][1]
        for _, left in reversed(self._peaks[:-1]):
            top = node_hash(left, top)
        return top


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00", leaf)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01", left, right)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over ``leaves``."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()


def path_of(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The proof that ``leaves[index]`` is among them: the hashes beside its way to the root, lowest first."""
    return paths_of(leaves, (index,))[0]


def paths_of(leaves: Sequence[bytes], indexes: Sequence[int]) -> list[tuple[bytes, ...]]:
    """The proofs of several leaves, for the cost of one."""
    level = [leaf_hash(leaf) for leaf in leaves]
    at = list(indexes)
    paths: list[list[bytes]] = [[] for _ in indexes]
    while len(level) > 1:
        for place, path in enumerate(paths):
            beside = at[place] ^ 1
            if beside < len(level):
                path.append(level[beside])
            at[place] //= 2
        level = [
            node_hash(level[one], level[one + 1]) if one + 1 < len(level) else level[one]
            for one in range(0, len(level), 2)
        ]
    return [tuple(path) for path in paths]


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a proof leads to; None where the proof does not fit a tree of ``size`` leaves."""
    if not 0 <= index < size or len(path) > MAX_PATH:
        return None
    top, last, rest = leaf_hash(leaf), size - 1, list(path)
    while last > 0:
        if index % 2 or index < last:
            if not rest:
                return None
            beside = rest.pop(0)
            top = node_hash(beside, top) if index % 2 else node_hash(top, beside)
        index, last = index // 2, last // 2
    return None if rest else top
