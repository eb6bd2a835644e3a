"""Ed25519 keys, and the checkpoints that they sign over the log."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from examengine.evidence.canonical import DIGEST_BYTES, canonical, sha256

LABEL = b"examengine/checkpoint/1\n"
PUBLIC_BYTES = 32
NOTHING_BEFORE = bytes(DIGEST_BYTES)
"""What the first checkpoint names as the one before it."""


class Signer:
    """A secret key; signatures are deterministic."""

    def __init__(self, seed: str) -> None:
        """``seed``: 32 bytes in URL-safe base64, as the settings have it."""
        self._key = Ed25519PrivateKey.from_private_bytes(from_text(seed))
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = key_id_of(self.public)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of ``public``'s secret signed ``message``."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_id_of(public: bytes) -> str:
    """The name of a public key: the first 16 hex digits of its digest."""
    return sha256(public).hex()[:16]


def to_text(octets: bytes) -> str:
    """Bytes as URL-safe base64 without padding."""
    return urlsafe_b64encode(octets).decode().rstrip("=")


def from_text(text: str) -> bytes:
    """Bytes from URL-safe base64, padded or not.

    Raises:
        ValueError: it is none.
    """
    return urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Links ``first`` to ``last`` as they stood at ``at_ms``: ``root`` is the Merkle root over their hashes, ``head``
    the last one's hash, ``previous`` the digest of the checkpoint before.
    """

    no: int
    first: int
    last: int
    root: bytes
    head: bytes
    previous: bytes
    at_ms: int
    key_id: str
    signature: bytes = b""

    @property
    def message(self) -> bytes:
        """What is signed."""
        return LABEL + canonical(
            {
                "no": self.no,
                "first": self.first,
                "last": self.last,
                "root": self.root.hex(),
                "head": self.head.hex(),
                "previous": self.previous.hex(),
                "at_ms": self.at_ms,
                "key": self.key_id,
            }
        )

    @property
    def digest(self) -> bytes:
        """What the next checkpoint names."""
        return sha256(self.message)

    def is_signed_by(self, public: bytes) -> bool:
        return key_id_of(public) == self.key_id and is_signed(public, self.message, self.signature)
