"""Signed tokens: session cookie, page token, form token, intent, approval.

Every purpose has a key of its own, derived from each master key; the newest master key signs, all are
accepted, so keys can be rotated while exams run. Expiry is part of the signed text and judged by the
``now_ms`` handed in: the signer never asks for the time.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from itsdangerous import Signer
from itsdangerous.encoding import base64_encode
from itsdangerous.signer import SigningAlgorithm

from examengine.accounts.passwords import initial_from

SESSION_HOURS = 12
FORM_HOURS = 12
INTENT_HOURS = 12
APPROVAL_HOURS = 24
_HOUR_MS = 3_600_000
_LONGEST = 512


class Session(msgspec.Struct, frozen=True):
    """Who is signed in. ``version`` is compared by the live scripts: raising it in SQL revokes the cookie.

    ``factor_ms``: when a second factor was given, 0: none was; ``seen_ms``: when staff last did something, 0: not
    since the sign-in.
    """

    person_id: int
    version: int
    signed_in_ms: int
    expires_ms: int
    factor_ms: int = 0
    seen_ms: int = 0

    def idle_ms(self, now_ms: int) -> int:
        """How long nothing was done under it."""
        return now_ms - max(self.signed_in_ms, self.seen_ms)


class PageToken(msgspec.Struct, frozen=True):
    """Stands in an exam page: which sitting it writes to, for whom, and with which pen."""

    attempt_id: int
    person_id: int
    generation: int
    epoch: int
    page_id: str


@dataclass(frozen=True, slots=True)
class About:
    """What announcements may concern an exam page: its exam, the region and (marked) the unit of its candidate."""

    attempt_id: int
    exam_id: int
    region: str
    unit: str


@dataclass(frozen=True, slots=True)
class Intent:
    """What a confirmation page offers; ``nonce`` makes it unique, so that a repeat leads to the same act."""

    act: str
    subject_id: int
    person_id: int
    round_no: int
    no: int
    nonce: str


class Told(msgspec.Struct, frozen=True):
    """An operation that was acknowledged: the item as the page names it (a12), its mark, value and instant."""

    item: str
    epoch: int
    sequence: int
    value: str
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Approval:
    """What the second person saw when approving: the request and the digest of its content."""

    approval_id: int
    person_id: int
    digest: str


class _ReadyHmac(SigningAlgorithm):
    """HMAC-SHA256 that takes each key in once: an answer is three of them, and taking keys in was half of that."""

    def __init__(self) -> None:
        self._ready: dict[bytes, hmac.HMAC] = {}

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        ready = self._ready.get(key)
        if ready is None:
            ready = self._ready[key] = hmac.new(key, digestmod=hashlib.sha256)
        mac = ready.copy()
        mac.update(value)
        return mac.digest()


_hmac = _ReadyHmac()


def _signer(masters: Sequence[str], purpose: str) -> Signer:
    keys = [hmac.new(m.encode(), purpose.encode(), hashlib.sha256).digest() for m in masters]
    return Signer(keys, key_derivation="none", algorithm=_hmac)


def _checked(part: str) -> str:
    if "~" in part:
        raise ValueError("a token part must not hold '~'")
    return part


class Tokens:
    """Makes and reads every token. A reader returns None for what is forged, expired or malformed."""

    def __init__(self, masters: Sequence[str]) -> None:
        """``masters``: signing keys, oldest first."""
        if not masters:
            raise ValueError("at least one signing key is needed")
        self._session = _signer(masters, "examengine.session.1")
        self._page = _signer(masters, "examengine.page.1")
        self._about = _signer(masters, "examengine.about.1")
        self._form = _signer(masters, "examengine.form.1")
        self._intent = _signer(masters, "examengine.intent.1")
        self._approval = _signer(masters, "examengine.approval.1")
        self._acknowledged = [
            hmac.new(master.encode(), b"examengine.acknowledged.1", hashlib.sha256).digest() for master in masters
        ]
        self._one_time = hmac.new(masters[0].encode(), b"examengine.one_time.1", hashlib.sha256).digest()
        self._who = hmac.new(masters[0].encode(), b"examengine.who.1", hashlib.sha256).digest()

    def session(self, person_id: int, version: int, now_ms: int, *, hours: int = SESSION_HOURS) -> str:
        return _sign(self._session, person_id, version, now_ms, now_ms + hours * _HOUR_MS)

    def session_of_staff(self, session: Session) -> str:
        """The same session with its second factor and its last sign of life."""
        person, version, signed_in, expires = (
            session.person_id,
            session.version,
            session.signed_in_ms,
            session.expires_ms,
        )
        return _sign(self._session, person, version, signed_in, expires, session.factor_ms, session.seen_ms)

    def read_session(self, token: str, now_ms: int) -> Session | None:
        try:
            session = Session(*map(int, _parts(self._session, token, 4, 6)))
        except ValueError:
            return None
        return session if now_ms < session.expires_ms else None

    def who(self, person_id: int) -> str:
        """An opaque mark of a person for his own browser: whose answers it keeps. No token, nothing can be done
        with it. By the oldest key, so that it lasts through a rotation.
        """
        return hmac.new(self._who, str(person_id).encode(), hashlib.sha256).hexdigest()[:16]

    def one_time(self, nonce: str) -> str:
        """The one-time password that a form's nonce stands for: the same whenever it is asked, kept nowhere."""
        return initial_from(hmac.new(self._one_time, nonce.encode(), hashlib.sha256).digest())

    def network(self, text: str) -> str:
        """An opaque text for a network's address, the same for as long as the oldest key is kept."""
        return hmac.new(self._who, f"network/{text}".encode(), hashlib.sha256).hexdigest()

    def page(self, token: PageToken) -> str:
        return _sign(self._page, token.attempt_id, token.person_id, token.generation, token.epoch, token.page_id)

    def read_page(self, token: str) -> PageToken | None:
        """A page token has no expiry of its own: the sitting's deadline ends it."""
        try:
            attempt, person, generation, epoch, page_id = _parts(self._page, token, 5)
            return PageToken(int(attempt), int(person), int(generation), int(epoch), page_id)
        except ValueError:
            return None

    def about(self, about: About) -> str:
        return _sign(self._about, about.attempt_id, about.exam_id, about.region, about.unit)

    def read_about(self, token: str) -> About | None:
        """Like a page token it has no expiry of its own."""
        try:
            attempt, exam, region, unit = _parts(self._about, token, 4)
            return About(int(attempt), int(exam), region, unit)
        except ValueError:
            return None

    def acknowledgement(self, attempt_id: int, person_id: int, told: Told) -> str:
        """What a page may show later to prove that an operation was acknowledged, should we have lost it."""
        return f"{told.at_ms}.{_proof(self._acknowledged[-1], attempt_id, person_id, told)}"

    def read_acknowledgement(self, text: str, attempt_id: int, person_id: int, told: Told) -> Told | None:
        """``told`` with the instant of the acknowledgement; None where the text does not prove it."""
        at, _dot, proof = text.partition(".")
        if not (at.isascii() and at.isdecimal() and len(at) <= 15 and proof.isascii()):
            return None
        told = msgspec.structs.replace(told, at_ms=int(at))
        known = (_proof(key, attempt_id, person_id, told) for key in self._acknowledged)
        return told if any(hmac.compare_digest(proof, each) for each in known) else None

    def form(self, person_id: int, now_ms: int) -> str:
        """The token in every other form; ``person_id`` 0 before the sign-in."""
        return _sign(self._form, person_id, now_ms + FORM_HOURS * _HOUR_MS)

    def read_form(self, token: str, person_id: int, now_ms: int) -> bool:
        """Whether the form was made for this person and not too long ago."""
        try:
            person, expires = map(int, _parts(self._form, token, 2))
        except ValueError:
            return False
        return person == person_id and now_ms < expires

    def intent(self, intent: Intent, now_ms: int) -> str:
        return _sign(
            self._intent,
            intent.act,
            intent.subject_id,
            intent.person_id,
            intent.round_no,
            intent.no,
            intent.nonce,
            now_ms + INTENT_HOURS * _HOUR_MS,
        )

    def read_intent(self, token: str, now_ms: int) -> Intent | None:
        try:
            act, subject, person, round_no, no, nonce, expires = _parts(self._intent, token, 7)
            intent = Intent(act, int(subject), int(person), int(round_no), int(no), nonce)
            return intent if now_ms < int(expires) else None
        except ValueError:
            return None

    def approval(self, approval: Approval, now_ms: int) -> str:
        return _sign(
            self._approval,
            approval.approval_id,
            approval.person_id,
            approval.digest,
            now_ms + APPROVAL_HOURS * _HOUR_MS,
        )

    def read_approval(self, token: str, now_ms: int) -> Approval | None:
        try:
            number, person, digest, expires = _parts(self._approval, token, 4)
            approval = Approval(int(number), int(person), digest)
            return approval if now_ms < int(expires) else None
        except ValueError:
            return None


def _proof(key: bytes, attempt_id: int, person_id: int, told: Told) -> str:
    text = f"{attempt_id}~{person_id}~{told.item}~{told.epoch}~{told.sequence}~{told.at_ms}~{told.value}"
    return base64.urlsafe_b64encode(_hmac.get_signature(key, text.encode())[:12]).decode()


def _sign(signer: Signer, *parts: int | str) -> str:
    return signer.sign("~".join(_checked(str(part)) for part in parts)).decode()


def _parts(signer: Signer, token: str, *counts: int) -> list[str]:
    """Raises ValueError for anything that this signer did not make.

    The comparison is :meth:`Signer.unsign`'s on whole texts: a signature is encoded once instead of decoding both.
    """
    if not token or len(token) > _LONGEST or not token.isascii():
        raise ValueError("not a token")
    signed, _dot, signature = token.rpartition(".")
    value, proof = signed.encode(), signature.encode()
    for key in reversed(signer.secret_keys):
        if hmac.compare_digest(proof, base64_encode(_hmac.get_signature(key, value))):
            break
    else:
        raise ValueError("bad signature")
    parts = signed.split("~")
    if len(parts) not in counts:
        raise ValueError("wrong number of parts")
    return parts
