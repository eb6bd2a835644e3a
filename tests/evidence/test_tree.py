"""Merkle trees: the roots of RFC 9162, and proofs that hold for their leaf alone."""

from hashlib import sha256

import pytest

from examengine.evidence.tree import leaf_hash, node_hash, path_of, paths_of, root_by_path, root_of


def leaves(size: int) -> list[bytes]:
    return [sha256(bytes([n])).digest() for n in range(size)]


def by_definition(found: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if not found:
        return sha256().digest()
    if len(found) == 1:
        return leaf_hash(found[0])
    k = 1
    while k * 2 < len(found):
        k *= 2
    return node_hash(by_definition(found[:k]), by_definition(found[k:]))


@pytest.mark.parametrize("size", [*range(18), 31, 32, 33])
def test_the_root_is_that_of_the_standard(size: int) -> None:
    assert root_of(leaves(size)) == by_definition(leaves(size))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 16, 17])
def test_every_leaf_is_proven_and_no_other_in_its_place(size: int) -> None:
    found = leaves(size)
    root = root_of(found)
    for index, leaf in enumerate(found):
        path = path_of(found, index)
        assert paths_of(found, (0, index)) == [path_of(found, 0), path]
        assert root_by_path(leaf, index, size, path) == root
        assert root_by_path(sha256(b"another").digest(), index, size, path) != root
        assert root_by_path(leaf, index, size, (*path, leaf)) is None
        if size > 1:
            assert root_by_path(leaf, (index + 1) % size, size, path) != root
            assert root_by_path(leaf, index, size, path[:-1]) != root


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_place_outside_the_tree_proves_nothing(index: int, size: int) -> None:
    assert root_by_path(bytes(32), index, size, ()) is None
