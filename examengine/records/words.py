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
    SECURITY = "security"
    AUDITOR = "auditor"


APART = (Role.OPERATOR, Role.SECURITY, Role.AUDITOR)
"""Who runs exams, who gives rights, who watches both: no account holds two of them (GB/T 22239)."""
ALONE = (Role.SECURITY, Role.AUDITOR)
"""Roles that do no other work of staff beside their own."""
STAFF_ROLES = tuple(role for role in Role if role is not Role.CANDIDATE)


class AccountAct(StrEnum):
    """What a security administrator does to an account."""

    ADD_ACCOUNT = "add_account"
    GIVE_ROLE = "give_role"
    TAKE_ROLE = "take_role"
    END_SESSIONS = "end_sessions"
    RESET_FACTOR = "reset_factor"
    HAND_OUT_PASSWORD = "hand_out_password"
    BLOCK = "block"


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


class GrantAnswer(StrEnum):
    """What became of a candidate's request for further attempts."""

    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Measure(StrEnum):
    """What is bounded of an agent's acts: attempts granted, minutes added, people let in, numbers revealed."""

    ATTEMPTS = "attempts"
    MINUTES = "minutes"
    LET_INS = "let_ins"
    REVEALS = "reveals"


BOUNDED_ACTS = ("grant", "extra_time", "let_in", "reveal_person")
"""Acts in the audit log that bounds and unusual patterns are counted from."""


class CallTopic(StrEnum):
    """What a call was about."""

    SIGN_IN = "sign_in"
    INTERRUPTED = "interrupted"
    ATTEMPTS = "attempts"
    RESULT = "result"
    LEARNING = "learning"
    PERSONAL_DATA = "personal_data"
    COMPLAINT = "complaint"
    OTHER = "other"


class IdentityCheck(StrEnum):
    """How a caller was known to be the person."""

    DOCUMENT = "document"
    PHONE = "phone"
    UNIT = "unit"
    NOT_CHECKED = "not_checked"


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


class IncidentSource(StrEnum):
    """What an incident was found by: our proofs that we hear, a rise of silence, a person."""

    DEAF = "deaf"
    SILENCE = "silence"
    HAND = "hand"


class IncidentState(StrEnum):
    """An incident on its way; ``approved`` is being compensated, ``undoing`` being taken back."""

    DRAFTED = "drafted"
    ASKED = "asked"
    APPROVED = "approved"
    DONE = "done"
    REFUSED = "refused"
    DROPPED = "dropped"
    UNDO_ASKED = "undo_asked"
    UNDOING = "undoing"
    UNDONE = "undone"


class IncidentPhase(StrEnum):
    """What is computed of an incident: what running, then ended attempts lost; their compensation; its undoing."""

    SURVEY_RUNNING = "survey_running"
    SURVEY_ENDED = "survey_ended"
    EXECUTE = "execute"
    UNDO = "undo"


class RemedyKind(StrEnum):
    """What an attempt gets for an incident."""

    MINUTES = "minutes"
    ATTEMPTS = "attempts"
    NONE = "none"


class Standing(StrEnum):
    """What the attempts of an enrolment come to: nothing ended, a result that waits for people, failed, passed."""

    NONE = "none"
    PENDING = "pending"
    FAIL = "fail"
    PASS = "pass"


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
