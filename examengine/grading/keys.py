"""Which keys a score was made with."""

from collections.abc import Mapping
from hashlib import sha256


def key_version(keys: Mapping[int, frozenset[str]]) -> str:
    """``sha256:…`` over the keys (option ids by item version), whatever the order of the mapping.

    Digested are the lines ``<version id>:<option ids, ascending>\\n`` in ascending order of the version ids.
    """
    digest = sha256()
    for version_id in sorted(keys):
        digest.update(f"{version_id}:{''.join(sorted(keys[version_id]))}\n".encode())
    return f"sha256:{digest.hexdigest()}"
