"""The events of a replay case, as they stand in the file."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1, le=100)]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Score = Decimal
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="what"):
    """Something that happened, or is asked about."""

    at: datetime
    id: str | int | None = None
    credit_year: int | None = None


class Enrol(Event, tag="enrol", frozen=True):
    """The person is in the plan; not bound to the window."""


class CardOut(Event, tag="card_out", frozen=True):
    """A card is booked out of stock (S2014-19)."""

    card: str | int


class ActivateCard(Event, tag="activate_card", frozen=True):
    """Card number and code are typed in (S2014-45)."""

    card: str | int


class RegisterBatch(Event, tag="register_batch", frozen=True):
    """Registration for a batch, counted from 1 (SGM15-22)."""

    batch: int | Name


class Learning(Event, tag="learning", frozen=True):
    """Learning done so far."""

    percent: Annotated[int, msgspec.Meta(ge=0, le=100)]


class Start(Event, tag="start", frozen=True):
    """The exam page is entered (S2014-53); ``asked_at``: since when the person had waited his turn."""

    asked_at: datetime | None = None


class Alive(Event, tag="alive", frozen=True):
    """Any sign of life."""


class Answers(Event, tag="answers", frozen=True):
    """Answers are saved; ``score`` is what they would be marked."""

    score: Score | None = None


class LeavePage(Event, tag="leave_page", frozen=True):
    """The page reports that it is left."""


class ReturnPage(Event, tag="return_page", frozen=True):
    """The page is there again."""


class FocusLoss(Event, tag="focus_loss", frozen=True):
    """The page lost the focus (切屏)."""


class GiveUp(Event, tag="give_up", frozen=True):
    """The confirmed forced exit (S2014-54)."""


class Submit(Event, tag="submit", frozen=True):
    """Hand-in; without ``score`` the saved answers count, with null a person has to mark."""

    score: Score | msgspec.UnsetType | None = msgspec.UNSET


class Grant(Event, tag="grant", frozen=True):
    """Support opens a further round (S2024-23)."""

    attempts: Count | None = None
    by: str | tuple[str, ...] | None = None
    reason: str | None = None
    ticket: str | None = None
    expires_at: datetime | None = None


class ExtraTime(Event, tag="extra_time", frozen=True):
    """Minutes for the running attempt."""

    minutes: Minutes
    by: str | tuple[str, ...] | None = None
    reason: str | None = None
    ticket: str | None = None


class Compensate(Event, tag="compensate", frozen=True):
    """Makes good an incident of ours: minutes for the running attempt, or attempts; two persons."""

    minutes: Minutes | None = None
    attempts: Count | None = None
    by: str | tuple[str, ...] | None = None
    reason: str | None = None
    ticket: str | None = None


class Accommodate(Event, tag="accommodate", frozen=True):
    """Standing extra time for a person, in minutes or per cent of the rulebook's minutes.

    For attempts started at ``begins_at`` or later and before ``expires_at``, where they are given.
    """

    minutes: Minutes | None = None
    percent: Percent | None = None
    begins_at: datetime | None = None
    expires_at: datetime | None = None
    by: str | tuple[str, ...] | None = None
    reason: str | None = None
    ticket: str | None = None


class Void(Event, tag="void", frozen=True):
    """An attempt does not count (A-15); two persons."""

    attempt: int
    round: int | None = None
    by: str | tuple[str, ...] | None = None
    reason: str | None = None
    ticket: str | None = None


class Rescore(Event, tag="rescore", frozen=True):
    """An attempt's score is corrected; two persons."""

    attempt: int
    score: Score
    round: int | None = None
    by: str | tuple[str, ...] | None = None
    reason: str | None = None
    ticket: str | None = None


class Undo(Event, tag="undo", frozen=True):
    """A counter-entry to a grant, extra time, compensation or accommodation."""

    undo: str | int
    by: str | tuple[str, ...] | None = None
    reason: str | None = None
    ticket: str | None = None


AnyEvent = (
    Enrol
    | CardOut
    | ActivateCard
    | RegisterBatch
    | Learning
    | Start
    | Alive
    | Answers
    | LeavePage
    | ReturnPage
    | FocusLoss
    | GiveUp
    | Submit
    | Grant
    | ExtraTime
    | Compensate
    | Accommodate
    | Void
    | Rescore
    | Undo
)


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A replay case: a person's events under a rulebook, and questions about instants."""

    rulebook: Name
    override: dict[str, Any] = {}
    person: dict[str, Any] = {}
    events: tuple[AnyEvent, ...] = ()
    ask: tuple[AnyEvent, ...] = ()


def kind_of(event: AnyEvent) -> str:
    """The event's name in the file."""
    return str(event.__struct_config__.tag)
