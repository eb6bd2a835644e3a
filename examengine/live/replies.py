"""What the desk answers: a word, and what is known of the sitting."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from examengine.live.journal import Kept, Written, unpack_kept, written


class Word(StrEnum):
    """How a command went. What is not an answer to one command only is said by several."""

    # done
    OPENED = "opened"
    CLAIMED = "claimed"
    REDEEMED = "redeemed"
    EXCUSED = "excused"
    SAVED = "saved"
    ALIVE = "alive"
    LEFT = "left"
    BACK = "back"
    COUNTED = "counted"
    KNOCKED = "knocked"
    CLOSING = "closing"
    REOPENED = "reopened"
    SETTLED = "settled"
    PUSHED = "pushed"
    FOUND = "found"
    # done before, or nothing to do
    REPEATED = "repeated"
    ALREADY = "already"
    LOGGED = "logged"
    # not done
    SUPERSEDED = "superseded"
    PEN_LOST = "pen_lost"
    CLOSED = "closed"
    TOO_LATE = "too_late"
    FORCED = "forced"
    NOT_DUE = "not_due"
    MOVED = "moved"
    NOT_OWNER = "not_owner"
    REVOKED = "revoked"
    STALE_GENERATION = "stale_generation"
    ABSENT = "absent"
    OPENING = "opening"
    OUT_OF_RANGE = "out_of_range"
    TOO_MANY = "too_many"


WORDS = {word.value.encode(): word for word in Word}


class CloseReason(StrEnum):
    """Why a sitting was closed here. What state the attempt comes to is the rules' to say."""

    HAND_IN = "hand_in"
    GIVE_UP = "give_up"
    PAGE_LEAVE = "page_leave"
    FOCUS_LOSS = "focus_loss"
    DEADLINE = "deadline"
    VOID = "void"
    STAFF = "staff"


class Standing(msgspec.Struct, frozen=True):
    """What every answer carries, and all that a pulse would. (A msgspec struct: it is made in a twentieth of a
    dataclass' time, by the thousand a second.)

    Of a sitting that is absent, another person's or shut to this session (``absent``, ``not_owner``,
    ``revoked``) nothing is told but the word and the stamp; where an answer was ``saved`` or a page is ``alive`` as
    much as a :class:`Brief` has.
    """

    word: Word
    at_ms: int  # the stamp that was used, after clamping
    revision: int = 0
    deadline_ms: int = 0
    deadline_reason: str = ""
    deadline_version: int = 0
    epoch: int = 0
    pen_since_ms: int = 0
    seen_ms: int = 0
    left_page_ms: int | None = None
    leave_grace_ms: int = 0
    focus_losses: int = 0
    state: str = ""  # opening, running, closing, closed; "" where absent
    generation: int = 0
    close_reason: str = ""
    closed_at_ms: int | None = None  # the instant at which it ended, not that of the script
    closing: int = 0  # number of the closing, which a reopening names
    outcome: str = ""
    since_ms: int = 0  # last written to, or heard, before this command; its own stamp where it wrote several answers

    @property
    def left_ms(self) -> int:
        """Time left until the deadline, never negative."""
        return max(0, self.deadline_ms - self.at_ms)

    @property
    def seen_ago_ms(self) -> int:
        """How long ago the page with the pen was last heard."""
        return max(0, self.at_ms - self.seen_ms)

    @property
    def back_by_ms(self) -> int | None:
        """The instant at which a left page ends the sitting; None: not left, or the deadline comes first."""
        if self.left_page_ms is None:
            return None
        instant = self.left_page_ms + self.leave_grace_ms
        return instant if instant < self.deadline_ms else None


class Brief(msgspec.Struct, frozen=True):
    """What a page is told of its running sitting with every answer; of a :class:`Standing` so much as that takes."""

    word: Word
    at_ms: int
    revision: int
    deadline_ms: int
    deadline_reason: str
    epoch: int
    focus_losses: int
    since_ms: int
    state: str = "running"

    @property
    def left_ms(self) -> int:
        """Time left until the deadline, never negative."""
        return max(0, self.deadline_ms - self.at_ms)


def shipped_revision(told: Standing | Brief, shipped_ms: int) -> int:
    """The revision up to which every operation on this sitting is in SQL, where every line is that was written until
    ``shipped_ms``; 0 where that cannot be told yet. A page that has lost the pen is told of what it wrote itself,
    however busy the one is that has it.
    """
    if told.state == "closed":  # there is a tombstone because the outcome stands in SQL, and the journal with it
        return told.revision
    since_ms = told.since_ms
    if told.word is Word.PEN_LOST and isinstance(told, Standing):
        since_ms = told.pen_since_ms
    return told.revision - (told.word is Word.SAVED) if since_ms <= shipped_ms else 0


STANDING_PARTS = len(Standing.__struct_fields__)
BRIEF_PARTS = len(Brief.__struct_fields__) - 1


class Saved(Standing, frozen=True):
    """The answer to one operation; ``kept`` is the item as it stands now, whatever the word."""

    kept: Kept | None = None
    is_kept: bool = False  # what stands was written by this very operation: a success, also with a late word


class Redeemed(Standing, frozen=True):
    """The answer to acknowledgements that were brought back; ``written`` counts those that the sitting lacked."""

    written: int = 0


class FormSaved(Standing, frozen=True):
    """The answer to a whole form; ``written`` counts the fields that differed."""

    written: int = 0


class Items(Mapping[int, Kept]):
    """Answers or flags by position, ascending, as the hash has them: each is read when it is asked for. Whoever marks
    asks for values alone, fifty a paper.
    """

    __slots__ = ("_packed",)

    def __init__(self, packed: Mapping[int, bytes]) -> None:
        self._packed = dict(sorted(packed.items()))

    def __getitem__(self, position: int) -> Kept:
        return unpack_kept(self._packed[position])

    def __iter__(self) -> Iterator[int]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __repr__(self) -> str:
        return f"Items({dict(self)!r})"

    def as_written(self) -> dict[int, Written]:
        """By position, for pages that are joined from bytes."""
        return {position: packed.split(b" ", 3) for position, packed in self._packed.items()}

    def given(self) -> dict[int, str]:
        """Values by position, blanks left out."""
        return {
            position: value
            for position, packed in self._packed.items()
            if (value := packed.split(b" ", 3)[3].decode())
        }


def as_written(items: Mapping[int, Kept]) -> Mapping[int, Written]:
    """Answers or flags as the hash has them."""
    if isinstance(items, Items):
        return items.as_written()
    return {position: written(kept) for position, kept in items.items()}


class Sitting(Standing, frozen=True):
    """Everything of a sitting. Answers and flags by position, 1-based; a cleared one is kept with value ""."""

    owner_id: int = 0
    session_version: int = 0
    items: int = 0
    page_id: str = ""
    device: str = ""  # of the page with the pen, one word
    sequence: int = 0  # highest that the page with the pen was heard with
    all_sent_at_ms: int | None = None  # the deadline after which the page with the pen said that all was sent
    answers: Mapping[int, Kept] = msgspec.field(default_factory=dict)
    flags: Mapping[int, Kept] = msgspec.field(default_factory=dict)
    journal: tuple[bytes, ...] = ()

    @property
    def given(self) -> dict[int, str]:
        """Answers as marking takes them: position to option letters, blanks left out."""
        if isinstance(self.answers, Items):
            return self.answers.given()
        return {position: kept.value for position, kept in self.answers.items() if kept.value}


S = TypeVar("S", bound=Standing)


def standing(kind: type[S], reply: Sequence[Any], **more: Any) -> S:
    """Read a script's reply as ``kind``; ``more`` are the fields that ``kind`` adds.

    Raises:
        KeyError: the word is none of ours.
    """
    word = WORDS[reply[0]]
    if len(reply) < BRIEF_PARTS:
        return kind(word, reply[1], **more)
    if len(reply) < STANDING_PARTS:
        return kind(**msgspec.structs.asdict(_brief(reply, word)), **more)
    left, closed_at = reply[9], reply[15]
    return kind(
        word,
        reply[1],
        int(reply[2]),
        int(reply[3]),
        reply[4].decode(),
        int(reply[5]),
        int(reply[6]),
        int(reply[7]),
        int(reply[8]),
        int(left) if left else None,
        int(reply[10]),
        int(reply[11]),
        reply[12].decode(),
        int(reply[13]),
        reply[14].decode(),
        int(closed_at) if closed_at else None,
        int(reply[16]),
        reply[17].decode(),
        int(reply[18] or 0),
        **more,
    )


def brief(reply: Sequence[Any], word: Word) -> Brief | None:
    """The reply to what a page does all the time, if it went as ``word`` says: it was saved, the page is alive."""
    return _brief(reply, word) if WORDS[reply[0]] is word else None


def _brief(reply: Sequence[Any], word: Word) -> Brief:
    _, at_ms, revision, deadline, reason, epoch, losses, since = reply[:BRIEF_PARTS]
    return Brief(word, at_ms, int(revision), int(deadline), reason.decode(), int(epoch), int(losses), int(since))


def saved(reply: Sequence[Any], epoch: int, sequence: int, value: str) -> Saved:
    """Read the reply to one operation, which is named to see whether it is what stands."""
    parts = STANDING_PARTS if len(reply) >= STANDING_PARTS else BRIEF_PARTS
    packed = reply[parts] if len(reply) > parts else None
    kept = unpack_kept(packed) if packed else None
    is_kept = kept is not None and kept.mark == (epoch, sequence) and kept.value == value
    return standing(Saved, reply, kept=kept, is_kept=is_kept)


_ANSWER = ord("a")


def sitting(reply: Sequence[Any]) -> Sitting:
    """Read a reply that adds every field, and perhaps the journal."""
    if len(reply) <= STANDING_PARTS:
        return standing(Sitting, reply)
    flat = reply[STANDING_PARTS]
    head: dict[bytes, bytes] = {}
    answers: dict[int, bytes] = {}
    flags: dict[int, bytes] = {}
    for name, value in zip(flat[::2], flat[1::2], strict=True):
        position = name[1:]
        if position.isdigit():
            (answers if name[0] == _ANSWER else flags)[int(position)] = value
        else:
            head[name] = value
    return standing(
        Sitting,
        reply,
        owner_id=int(head[b"ow"]),
        session_version=int(head[b"sv"]),
        items=int(head[b"n"]),
        page_id=head.get(b"p", b"").decode(),
        device=head.get(b"pd", b"").decode(),
        sequence=int(head.get(b"sq", 0)),
        all_sent_at_ms=int(head[b"wd"]) if b"wd" in head else None,
        answers=Items(answers),
        flags=Items(flags),
        journal=tuple(reply[STANDING_PARTS + 1]) if len(reply) > STANDING_PARTS + 1 else (),
    )
