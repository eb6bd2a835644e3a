"""What is hashed, byte for byte: JSON with sorted keys, no blanks, UTF-8; digests are SHA-256."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

DIGEST_BYTES = 32


def canonical(value: Any) -> bytes:
    """``value`` as bytes that are the same wherever they are computed; integers and texts only, no fractions."""
    return msgspec.json.encode(value, order="sorted")


def sha256(*parts: bytes) -> bytes:
    """The digest of the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def row_digest(kind: str, row: Mapping[str, Any]) -> bytes:
    """The digest of a fact kept as one row: its kind and every column by name."""
    return sha256(b"examengine/row/1\n", canonical({"kind": kind, "row": dict(row)}))
