"""Which keys a score was made with."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256

import msgspec

from examengine.banks.item import Item
from examengine.grading.mark import Key


def key_of(item: Item) -> Key:
    """What is right: the option ids of an item that has options, else what is expected."""
    return item.key if item.expected is None else item.expected


def keys_of(items: Iterable[tuple[int, Item]]) -> dict[int, Key]:
    """Keys by item version."""
    return {version_id: key_of(item) for version_id, item in items}


def key_version(keys: Mapping[int, Key]) -> str:
    """``sha256:…`` over the keys by item version, whatever the order of the mapping.

    Digested are the lines ``<version id>:<key>\\n`` in ascending order of the version ids; a key is its option ids,
    ascending, or what is expected as JSON with sorted names.
    """
    lines = [b"%d:%b\n" % (version_id, _written(keys[version_id])) for version_id in sorted(keys)]
    return f"sha256:{sha256(b''.join(lines)).hexdigest()}"


def _written(key: Key) -> bytes:
    return _ids_of(key) if isinstance(key, frozenset) else _json_of(key)


@lru_cache(maxsize=1_024)
def _ids_of(key: frozenset[str]) -> bytes:
    return "".join(sorted(key)).encode()


def _json_of(expected: object) -> bytes:
    return msgspec.json.encode(expected, order="deterministic")
