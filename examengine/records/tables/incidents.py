"""Incidents of ours, what each attempt lost by them and what was given for it; announcements."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text, text

from examengine.records.tables.columns import Id, id_column, metadata, ms, ref, word
from examengine.records.words import IncidentPhase, IncidentSource, IncidentState, RemedyKind

_approved = "state IN ('approved', 'done', 'undo_asked', 'undoing', 'undone')"
_scope_comment = '"" = everywhere; trailing pairs of 0 stand for all below, GB/T 2260'

incidents = Table(
    "incidents",
    metadata,
    id_column(),
    *word("source", IncidentSource, "what proposed it"),
    ref("exam_id", "exams.id", "null = every exam", nullable=True, index=True),
    Column("region", String(6), nullable=False, server_default="", comment=_scope_comment),
    Column("unit_name", String(200), nullable=False, server_default="", comment='"" = every unit'),
    ms("from_ms"),
    ms("until_ms"),
    Column("reason", String(1000), nullable=False, comment="what happened, as staff see it"),
    Column("ticket", String(100), nullable=False, server_default=""),
    Column(
        "notice", String(300), nullable=False, server_default="", comment='what candidates are told; "" = nothing'
    ),
    Column("policy", Text, nullable=False, comment="what is given for how much, JSON"),
    Column("intent", String(64), nullable=False, unique=True, comment="of the form: sent twice, it is one incident"),
    *word("state", IncidentState),
    ref("by_person", "people.id"),
    ms("at_ms"),
    ms("asked_ms", "when it was laid before a second person", nullable=True),
    ref("decided_by", "people.id", nullable=True),
    ms("decided_ms", "when it was approved, refused or given up", nullable=True),
    *word("phase", IncidentPhase, "what is to be computed; null = nothing", nullable=True),
    Column("cursor", Id, nullable=False, server_default="0", comment="how far the phase has come"),
    ms("surveyed_ms", "as of when the losses were counted; null = not yet", nullable=True),
    ms("done_ms", "when every attempt had what it was due", nullable=True),
    ref("undo_asked_by", "people.id", nullable=True),
    ms("undo_asked_ms", nullable=True),
    Column("undo_reason", String(1000), nullable=False, server_default=""),
    ref("undo_decided_by", "people.id", nullable=True),
    ms("undo_decided_ms", nullable=True),
    ms("undone_ms", nullable=True),
    CheckConstraint("until_ms > from_ms", name="interval"),
    CheckConstraint("decided_by <> by_person OR state = 'dropped'", name="two_persons"),
    CheckConstraint(f"NOT ({_approved}) OR (decided_by IS NOT NULL AND decided_ms IS NOT NULL)", name="decided"),
    CheckConstraint("undo_decided_by <> undo_asked_by", name="undo_two_persons"),
    CheckConstraint("state NOT IN ('undoing', 'undone') OR undo_decided_by IS NOT NULL", name="undo_decided"),
    Index(
        "ix_incidents_phase",
        "id",
        sqlite_where=text("phase IS NOT NULL"),
        postgresql_where=text("phase IS NOT NULL"),
    ),
    Index("ix_incidents_until_ms", "until_ms"),
    comment="Incidents: proposed or opened by hand, surveyed, approved by a second person, compensated.",
    sqlite_autoincrement=True,
)

_to_do = "done_ms IS NULL AND remedy <> 'none'"
_to_undo = "entry_id IS NOT NULL AND undone_ms IS NULL"

incident_losses = Table(
    "incident_losses",
    metadata,
    ref("incident_id", "incidents.id", primary_key=True, autoincrement=False),
    ref("attempt_id", "attempts.id", primary_key=True, autoincrement=False),
    Column("lost_ms", Integer, nullable=False, comment="of his running time, by the signs of life"),
    ms("seen_ms", "the last sign of life before the longest gap"),
    ms("back_ms", "the first one after it; null = none", nullable=True),
    *word("remedy", RemedyKind, "as surveyed, then as given"),
    Column("amount", Integer, nullable=False, server_default="0", comment="minutes or attempts"),
    Column("why", String(40), nullable=False, server_default="", comment="why nothing is given, or what cuts it"),
    ms("done_ms", "when it was seen to", nullable=True),
    ref("entry_id", "entries.id", "the entry of the ledger", nullable=True, unique=True),
    ms("undone_ms", nullable=True),
    CheckConstraint("lost_ms >= 0", name="lost_ms"),
    CheckConstraint("amount >= 0", name="amount"),
    Index("ix_incident_losses_attempt_id", "attempt_id"),
    Index(
        "ix_incident_losses_to_do",
        "incident_id",
        "remedy",
        "attempt_id",
        sqlite_where=text(_to_do),
        postgresql_where=text(_to_do),
    ),
    Index(
        "ix_incident_losses_to_undo",
        "incident_id",
        "attempt_id",
        sqlite_where=text(_to_undo),
        postgresql_where=text(_to_undo),
    ),
    comment="What each attempt lost by an incident, and what it was given for that.",
)

announcements = Table(
    "announcements",
    metadata,
    id_column(),
    ref("exam_id", "exams.id", "null = every exam", nullable=True),
    Column("region", String(6), nullable=False, server_default="", comment=_scope_comment),
    Column("unit_name", String(200), nullable=False, server_default="", comment='"" = every unit'),
    ref("person_id", "people.id", "null = not to one person", nullable=True, index=True),
    Column("text", String(300), nullable=False, comment="what candidates read"),
    Column("reason", String(1000), nullable=False, server_default="", comment="why, as staff see it"),
    Column("ticket", String(100), nullable=False, server_default=""),
    Column("intent", String(80), nullable=False, unique=True, comment="of the form: sent twice, it is one"),
    ref("incident_id", "incidents.id", "the incident it tells of", nullable=True),
    ref("withdraws", "announcements.id", "the one that this row takes back", nullable=True, unique=True),
    ref("by_person", "people.id"),
    ms("at_ms"),
    ms("until_ms", "the first instant at which it is shown no more"),
    CheckConstraint("until_ms > at_ms", name="until"),
    Index("ix_announcements_until_ms", "until_ms"),
    comment="Announcements to candidates, append-only: one that is taken back is withdrawn by a later row.",
    sqlite_autoincrement=True,
)
