"""The tables, one module per part of the business; ``docs/schema.md`` is made from them."""

from examengine.records.tables.accommodations import accommodation_ends, accommodations, grant_requests
from examengine.records.tables.attempts import (
    attempt_answers,
    attempt_journals,
    attempts,
    open_attempts,
    outbox,
    outcomes,
)
from examengine.records.tables.audit import audit, uploads
from examengine.records.tables.banks import (
    banks,
    import_batches,
    item_heads,
    item_reviews,
    item_versions,
    items,
    release_items,
    releases,
)
from examengine.records.tables.blueprints import blueprints
from examengine.records.tables.checks import backups, check_signatures, drills, duties, hotlines
from examengine.records.tables.columns import metadata
from examengine.records.tables.corrections import (
    correction_changes,
    corrections,
    exam_statistics,
    item_statistics,
)
from examengine.records.tables.desk import bounds, calls, let_ins
from examengine.records.tables.evidence import checkpoints, evidence_keys, links, receipts, unlinked
from examengine.records.tables.exams import (
    approvals,
    card_uses,
    cards,
    enrolments,
    entries,
    exams,
    learning_reports,
    rounds,
)
from examengine.records.tables.hearing import hearing, hearing_cases
from examengine.records.tables.incidents import announcements, incident_losses, incidents
from examengine.records.tables.marking import marking_answers, marking_tasks, marks, open_marking
from examengine.records.tables.media import media
from examengine.records.tables.people import (
    accounts,
    document_history,
    people,
    person_indexes,
    person_keys,
    roles,
    sign_ins,
)
from examengine.records.tables.results import result_exports, result_tallies, results
from examengine.records.tables.rulebooks import confirmations, rulebooks
from examengine.records.tables.shipping import installation, journal_segments, lease_tokens, live_slots
from examengine.records.tables.staffing import account_acts, recovery_codes, second_factors

__all__ = [
    "accommodation_ends",
    "accommodations",
    "account_acts",
    "accounts",
    "announcements",
    "approvals",
    "attempt_answers",
    "attempt_journals",
    "attempts",
    "audit",
    "backups",
    "banks",
    "blueprints",
    "bounds",
    "calls",
    "card_uses",
    "cards",
    "check_signatures",
    "checkpoints",
    "confirmations",
    "correction_changes",
    "corrections",
    "document_history",
    "drills",
    "duties",
    "enrolments",
    "entries",
    "evidence_keys",
    "exam_statistics",
    "exams",
    "grant_requests",
    "hearing",
    "hearing_cases",
    "hotlines",
    "import_batches",
    "incident_losses",
    "incidents",
    "installation",
    "item_heads",
    "item_reviews",
    "item_statistics",
    "item_versions",
    "items",
    "journal_segments",
    "learning_reports",
    "lease_tokens",
    "let_ins",
    "links",
    "live_slots",
    "marking_answers",
    "marking_tasks",
    "marks",
    "media",
    "metadata",
    "open_attempts",
    "open_marking",
    "outbox",
    "outcomes",
    "people",
    "person_indexes",
    "person_keys",
    "receipts",
    "recovery_codes",
    "release_items",
    "releases",
    "result_exports",
    "result_tallies",
    "results",
    "roles",
    "rounds",
    "rulebooks",
    "second_factors",
    "sign_ins",
    "unlinked",
    "uploads",
]
