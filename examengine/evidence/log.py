"""The log of links: one sequence over all facts; each link covers its fact's digest and the link before it."""

from dataclasses import dataclass

from examengine.evidence.canonical import DIGEST_BYTES, canonical, sha256

LABEL = b"examengine/link/1\n"
BEGINNING = bytes(DIGEST_BYTES)
"""What the first link names as the one before it."""


@dataclass(frozen=True, slots=True)
class Link:
    """Fact ``ref`` of ``kind`` has ``digest``. ``hash`` covers all of it and the hash before."""

    seq: int
    kind: str
    ref: int
    digest: bytes
    hash: bytes


def link_hash(seq: int, kind: str, ref: int, digest: bytes, previous: bytes) -> bytes:
    """The hash of a link after ``previous``."""
    return sha256(LABEL, canonical([seq, kind, ref, digest.hex(), previous.hex()]))


def linked(seq: int, kind: str, ref: int, digest: bytes, previous: bytes) -> Link:
    """The link of a fact after ``previous``."""
    return Link(seq, kind, ref, digest, link_hash(seq, kind, ref, digest, previous))


def holds(link: Link, previous: bytes) -> bool:
    """Whether the link's hash is that of its contents after ``previous``."""
    return link.hash == link_hash(link.seq, link.kind, link.ref, link.digest, previous)
