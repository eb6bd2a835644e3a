"""The tables, one module per part of the business; ``docs/schema.md`` is made from them."""

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
from examengine.records.tables.columns import metadata
from examengine.records.tables.corrections import (
    correction_changes,
    corrections,
    exam_statistics,
    item_statistics,
)
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
from examengine.records.tables.rulebooks import confirmations, rulebooks
from examengine.records.tables.shipping import installation, journal_segments, lease_tokens, live_slots

__all__ = [
    "accounts",
    "approvals",
    "attempt_answers",
    "attempt_journals",
    "attempts",
    "audit",
    "banks",
    "blueprints",
    "card_uses",
    "cards",
    "checkpoints",
    "confirmations",
    "correction_changes",
    "corrections",
    "document_history",
    "enrolments",
    "entries",
    "evidence_keys",
    "exam_statistics",
    "exams",
    "hearing",
    "hearing_cases",
    "import_batches",
    "installation",
    "item_heads",
    "item_reviews",
    "item_statistics",
    "item_versions",
    "items",
    "journal_segments",
    "learning_reports",
    "lease_tokens",
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
    "release_items",
    "releases",
    "roles",
    "rounds",
    "rulebooks",
    "sign_ins",
    "unlinked",
    "uploads",
]
