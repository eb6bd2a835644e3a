"""Files that are checked without us: an attempt's export, a receipt, lines of the audit log. Parsed in bounds,
nothing is believed.

An export carries its archive, later outcomes, and for each fact its link with a proof that a signed checkpoint covers
it. It needs neither the other attempts nor a database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import msgspec

from examengine.evidence import chain
from examengine.evidence.canonical import row_digest
from examengine.evidence.chain import Archive
from examengine.evidence.faults import Fault, What
from examengine.evidence.log import Link, link_hash
from examengine.evidence.receipts import Receipt
from examengine.evidence.signing import Checkpoint, from_text, key_id_of, to_text
from examengine.evidence.tree import root_by_path

ATTEMPT = "examengine/attempt/1"
RECEIPT = "examengine/receipt/1"
AUDIT = "examengine/audit/1"
MAX_FILE_BYTES = 32 * 1024 * 1024


class FileError(ValueError):
    """The file is none of ours, or damaged beyond reading; the text says which part."""


class _Link(msgspec.Struct, forbid_unknown_fields=True):
    seq: int
    previous: str
    path: list[str]
    checkpoint: int


class _Fact(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    row: dict[str, Any]
    link: _Link


class _Checkpoint(msgspec.Struct, forbid_unknown_fields=True):
    no: int
    first: int
    last: int
    root: str
    head: str
    previous: str
    at_ms: int
    key: str
    signature: str


class _Attempt(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    header: str
    contract: str
    lines: list[str]
    closing: str
    marks: str
    head: str
    link: _Link
    later: list[_Fact]
    checkpoints: list[_Checkpoint]
    keys: dict[str, str]


class _Receipt(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    number: str
    ended_ms: int
    answered: int
    questions: int
    head: str
    digest: str
    key: str
    signature: str
    public: str


class _Audit(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    about: str
    lines: list[_Fact]
    checkpoints: list[_Checkpoint]
    keys: dict[str, str]


@dataclass(frozen=True, slots=True)
class Proven:
    """A link with what proves it: the hash before, the way to the root of a checkpoint."""

    link: Link
    previous: bytes
    path: tuple[bytes, ...]
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file comes to. ``key_id`` names who signed it; ``fault`` None: everything agrees."""

    about: str
    ref: str
    key_id: str
    public: bytes
    fault: Fault | None
    lines: tuple[str, ...] = field(default=(), repr=False)
    closing: Mapping[str, Any] = field(default_factory=dict, repr=False)


def attempt_file(
    archive: Archive,
    contract: str,
    proven: Proven,
    later: Sequence[tuple[str, Mapping[str, Any], Proven]],
    keys: Mapping[str, bytes],
) -> bytes:
    """The export of an attempt. ``later``: kind, row and proof of what was recorded of it afterwards."""
    all_proven = (proven, *(one for _, _, one in later))
    checkpoints = {one.checkpoint.no: one.checkpoint for one in all_proven}
    wanted = {one.key_id for one in checkpoints.values()}
    made = _Attempt(
        format=ATTEMPT,
        header=archive.header,
        contract=contract,
        lines=list(archive.lines),
        closing=archive.closing,
        marks=archive.marks.hex(),
        head=archive.head.hex(),
        link=_written(proven),
        later=[_Fact(kind, dict(row), _written(one)) for kind, row, one in later],
        checkpoints=[checkpoint_value(checkpoints[no]) for no in sorted(checkpoints)],
        keys={key_id: to_text(public) for key_id, public in keys.items() if key_id in wanted},
    )
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def audit_file(about: str, lines: Sequence[tuple[Mapping[str, Any], Proven]], keys: Mapping[str, bytes]) -> bytes:
    """The export of lines of the audit log. ``about`` says in words which lines they are; it proves nothing."""
    checkpoints = {one.checkpoint.no: one.checkpoint for _, one in lines}
    wanted = {one.key_id for one in checkpoints.values()}
    made = _Audit(
        format=AUDIT,
        about=about,
        lines=[_Fact("audit", dict(row), _written(one)) for row, one in lines],
        checkpoints=[checkpoint_value(checkpoints[no]) for no in sorted(checkpoints)],
        keys={key_id: to_text(public) for key_id, public in keys.items() if key_id in wanted},
    )
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def check_file(content: bytes, trusted: Mapping[str, bytes]) -> Checked:
    """Check an export, a receipt, or lines of the audit log.

    Args:
        trusted: public keys by name that count; empty: the file's own, which prove only that nothing was altered
            after someone signed.

    Raises:
        FileError: it cannot be read.
    """
    if len(content) > MAX_FILE_BYTES:
        raise FileError("the file is too large")
    try:
        kind = msgspec.json.decode(content, type=_Kind).format
        if kind == ATTEMPT:
            return _check_attempt(msgspec.json.decode(content, type=_Attempt), trusted)
        if kind == RECEIPT:
            return _check_receipt(msgspec.json.decode(content, type=_Receipt), trusted)
        if kind == AUDIT:
            return _check_audit(msgspec.json.decode(content, type=_Audit), trusted)
    except (msgspec.MsgspecError, ValueError, KeyError, RecursionError) as error:
        raise FileError(f"{type(error).__name__}: {error}") from error
    raise FileError(f"format {kind[:40]!r}")


def checkpoint_value(one: Checkpoint) -> _Checkpoint:
    """A checkpoint as files have it."""
    return _Checkpoint(
        one.no,
        one.first,
        one.last,
        one.root.hex(),
        one.head.hex(),
        one.previous.hex(),
        one.at_ms,
        one.key_id,
        one.signature.hex(),
    )


def checkpoint_line(one: Checkpoint) -> bytes:
    """A checkpoint as one line of the copy that is kept elsewhere."""
    return msgspec.json.encode(checkpoint_value(one)) + b"\n"


def read_checkpoint_line(line: bytes) -> Checkpoint:
    """A checkpoint from one line of such a copy.

    Raises:
        FileError: it is none.
    """
    try:
        return _read(msgspec.json.decode(line, type=_Checkpoint))
    except (msgspec.MsgspecError, ValueError) as error:
        raise FileError(str(error)) from error


class _Kind(msgspec.Struct):
    format: str


def _check_attempt(found: _Attempt, trusted: Mapping[str, bytes]) -> Checked:
    header, closing = msgspec.json.decode(found.header), msgspec.json.decode(found.closing)
    checkpoints = {one.no: _read(one) for one in found.checkpoints}
    own = {key_id: from_text(text) for key_id, text in found.keys.items()}
    keys = trusted or own
    signed = checkpoints.get(found.link.checkpoint)
    key_id = "" if signed is None else signed.key_id
    head = bytes.fromhex(found.head)
    archive = Archive(found.header, tuple(found.lines), found.closing, head, bytes.fromhex(found.marks))
    attempt_id = int(header["attempt"])
    fault = chain.fault_in(archive, head)
    if fault is None:
        fault = _proof_fault(found.link, "attempt", attempt_id, head, checkpoints, keys)
    if fault is None and sha256(found.contract.encode()).hexdigest() != header["contract"]:
        fault = Fault(What.CONTRACT_DIFFERS)
    if fault is not None and fault.kind != "checkpoint":
        fault = replace(fault, kind="attempt", ref=attempt_id, seq=found.link.seq)
    for fact in found.later:
        if fault is None:
            ref = int(fact.row["id"])
            digest = row_digest(fact.kind, fact.row)
            fault = _proof_fault(fact.link, fact.kind, ref, digest, checkpoints, keys)
            if fault is not None and fault.what is What.LINK_ALTERED:
                fault = replace(fault, what=What.FACT_ALTERED)
            if fault is None and fact.row.get("attempt_id") != attempt_id:
                fault = Fault(What.FACT_ALTERED, fact.kind, ref, fact.link.seq)
    return Checked(ATTEMPT, str(attempt_id), key_id, own.get(key_id, b""), fault, archive.lines, closing)


def _check_audit(found: _Audit, trusted: Mapping[str, bytes]) -> Checked:
    """Every line for itself: that none between them was left out is not what such a file proves."""
    checkpoints = {one.no: _read(one) for one in found.checkpoints}
    own = {key_id: from_text(text) for key_id, text in found.keys.items()}
    keys = trusted or own
    last = checkpoints[max(checkpoints)] if checkpoints else None
    fault = None
    for line in found.lines:
        ref = int(line.row["id"])
        digest = row_digest(line.kind, line.row)
        fault = _proof_fault(line.link, line.kind, ref, digest, checkpoints, keys)
        if fault is None and line.kind != "audit":
            fault = Fault(What.FACT_ALTERED, line.kind, ref, line.link.seq)
        if fault is not None:
            if fault.what is What.LINK_ALTERED:
                fault = replace(fault, what=What.FACT_ALTERED)
            break
    key_id = "" if last is None else last.key_id
    return Checked(AUDIT, str(len(found.lines)), key_id, own.get(key_id, b""), fault)


def _check_receipt(found: _Receipt, trusted: Mapping[str, bytes]) -> Checked:
    receipt = Receipt(found.number, found.ended_ms, found.answered, found.questions, bytes.fromhex(found.head))
    own = from_text(found.public)
    keys = trusted or {found.key: own}
    fault = None
    if found.key not in keys or key_id_of(keys[found.key]) != found.key:
        fault = Fault(What.KEY_UNKNOWN, kind="receipt")
    elif receipt.digest.hex() != found.digest or not receipt.is_signed(
        keys[found.key], bytes.fromhex(found.signature)
    ):
        fault = Fault(What.RECEIPT_DIFFERS, kind="receipt")
    return Checked(RECEIPT, found.number, found.key, own, fault)


def _proof_fault(
    link: _Link,
    kind: str,
    ref: int,
    digest: bytes,
    checkpoints: Mapping[int, Checkpoint],
    keys: Mapping[str, bytes],
) -> Fault | None:
    place = {"kind": kind, "ref": ref, "seq": link.seq}
    signed = checkpoints.get(link.checkpoint)
    if signed is None:
        return Fault(What.NOT_SIGNED, **place)  # type: ignore[arg-type]
    at = {"kind": "checkpoint", "ref": signed.no}
    if signed.key_id not in keys:
        return Fault(What.KEY_UNKNOWN, **at)  # type: ignore[arg-type]
    if not signed.is_signed_by(keys[signed.key_id]):
        return Fault(What.CHECKPOINT_ALTERED, **at)  # type: ignore[arg-type]
    leaf = link_hash(link.seq, kind, ref, digest, bytes.fromhex(link.previous))
    path = [bytes.fromhex(one) for one in link.path]
    root = root_by_path(leaf, link.seq - signed.first, signed.last - signed.first + 1, path)
    return None if root == signed.root else Fault(What.LINK_ALTERED, **place)  # type: ignore[arg-type]


def _written(one: Proven) -> _Link:
    return _Link(one.link.seq, one.previous.hex(), [beside.hex() for beside in one.path], one.checkpoint.no)


def _read(one: _Checkpoint) -> Checkpoint:
    return Checkpoint(
        one.no,
        one.first,
        one.last,
        bytes.fromhex(one.root),
        bytes.fromhex(one.head),
        bytes.fromhex(one.previous),
        one.at_ms,
        one.key,
        bytes.fromhex(one.signature),
    )
