"""Which keys a score was made with."""

from collections.abc import Iterable, Mapping
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
    digest = sha256()
    for version_id in sorted(keys):
        key = keys[version_id]
        written = "".join(sorted(key)).encode() if isinstance(key, frozenset) else _json_of(key)
        digest.update(b"%d:%b\n" % (version_id, written))
    return f"sha256:{digest.hexdigest()}"


def _json_of(expected: object) -> bytes:
    return msgspec.json.encode(expected, order="deterministic")
