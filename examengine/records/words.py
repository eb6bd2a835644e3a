"""Words that columns may hold. Each list becomes a CHECK, so a new word is a migration."""

from enum import StrEnum


class DocumentType(StrEnum):
    """Kinds of identity document; type and number together are the key, never the number alone."""

    RESIDENT_ID = "resident_id"
    RESIDENCE_PERMIT = "residence_permit"
    HOME_RETURN_PERMIT = "home_return_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_PERMANENT = "foreign_permanent"
    PASSPORT = "passport"
    MILITARY = "military"
    OTHER = "other"


class Role(StrEnum):
    """What a person may do here; kept as rows, a person may have several."""

    CANDIDATE = "candidate"
    AUTHOR = "author"
    SUPPORT = "support"
    OPERATOR = "operator"
    MARKER = "marker"


class IndexKind(StrEnum):
    """Blind indexes: what a person can be found by without the value standing in the table."""

    DOC = "doc"
    DOC4 = "doc4"
    DOC6 = "doc6"
    DOC8 = "doc8"
    OLD_DOC = "old_doc"
    PHONE = "phone"
    PHONE4 = "phone4"
    NAME = "name"


class SignInOutcome(StrEnum):
    """How a try to sign in ended."""

    SIGNED_IN = "signed_in"
    WRONG_PASSWORD = "wrong_password"
    UNKNOWN = "unknown"


class EntryKind(StrEnum):
    """Entries of the entitlement and time ledger."""

    GRANT = "grant"
    COMPENSATE_ATTEMPTS = "compensate_attempts"
    EXTRA_TIME = "extra_time"
    COMPENSATE_MINUTES = "compensate_minutes"
    ACCOMMODATE_PERCENT = "accommodate_percent"
    ACCOMMODATE_MINUTES = "accommodate_minutes"
    VOID = "void"
    RESCORE = "rescore"
    UNDO = "undo"
    HAND_IN = "hand_in"


TWO_PERSON_ENTRIES = (
    EntryKind.COMPENSATE_ATTEMPTS,
    EntryKind.COMPENSATE_MINUTES,
    EntryKind.VOID,
    EntryKind.RESCORE,
)
"""Entries that a second, different person has approved."""


class Decision(StrEnum):
    """What the second person said."""

    APPROVED = "approved"
    REFUSED = "refused"


class OutboxKind(StrEnum):
    """Facts that touch a live sitting and must be pushed to Redis."""

    DEADLINE = "deadline"
    VOID = "void"
    SESSION = "session"
    HAND_IN = "hand_in"


class CaseKind(StrEnum):
    """Why an attempt is listed for a person: handed in though its candidate may not have been heard; not to be ended
    without a person; not known to the live side though it runs; a leave that could not be held against him.
    """

    AUTO_SUBMITTED = "auto_submitted"
    UNDECIDED = "undecided"
    LOST = "lost"
    LEAVE_EXCUSED = "leave_excused"


UNDECIDED_CASES = (CaseKind.UNDECIDED, CaseKind.LOST)
"""Cases that wait for a person: their attempts stay without outcome."""


class CaseDecision(StrEnum):
    """How a person decided a case: what was acknowledged is handed in, or the candidate was absent."""

    HAND_IN = "hand_in"
    ABSENT = "absent"


class FactKind(StrEnum):
    """Facts that the log of links covers."""

    ATTEMPT = "attempt"
    OUTCOME = "outcome"
    ENTRY = "entry"
    AUDIT = "audit"


class ItemState(StrEnum):
    """Where an item stands: its newest version, or the item itself once it is retired."""

    DRAFT = "draft"
    WAITING = "waiting"
    CHECKED = "checked"
    RETURNED = "returned"
    RETIRED = "retired"


class ReviewDecision(StrEnum):
    """What was said about a version; retiring and restoring are said about its item."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    RETIRED = "retired"
    RESTORED = "restored"


class CorrectionState(StrEnum):
    """A correction of a key on its way; ``approved`` is in force, ``done`` has reached every attempt."""

    DRAFTED = "drafted"
    ASKED = "asked"
    APPROVED = "approved"
    DONE = "done"
    REFUSED = "refused"
    DROPPED = "dropped"


class CorrectionPhase(StrEnum):
    """What is computed of a correction: its preview, its outcomes, and those of sittings that ended meanwhile."""

    PREVIEW = "preview"
    EXECUTE = "execute"
    SETTLE = "settle"


CATEGORIES = (
    "pro_tech",
    "public_institution_staff",
    "civil_service_managed_institution",
    "manual_worker_post",
    "other",
)
ITEM_KINDS = (
    "single_choice",
    "multiple_choice",
    "true_false",
    "short_answer",
    "numeric",
    "matching",
    "cloze",
    "essay",
    "other",
)
MEDIA_TYPES = ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp")
OPENED_BY = ("open", "card", "batch", "grant", "backfill")
DEADLINE_REASONS = ("time_limit", "window_end", "extra_time")
ENDED_STATES = ("submitted", "auto_submitted", "forced_exit", "expired_no_score", "void")
RESULTS = ("pass", "fail")
OUTCOME_REASONS = ("pass", "fail_score", "fail_no_score", "fail_forced_exit", "awaiting_marking", "void")
