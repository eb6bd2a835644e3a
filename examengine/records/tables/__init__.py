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
from examengine.records.tables.banks import banks, import_batches, item_versions, items, release_items, releases
from examengine.records.tables.columns import metadata
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

__all__ = [
    "accounts",
    "approvals",
    "attempt_answers",
    "attempt_journals",
    "attempts",
    "audit",
    "banks",
    "card_uses",
    "cards",
    "confirmations",
    "document_history",
    "enrolments",
    "entries",
    "exams",
    "import_batches",
    "item_versions",
    "items",
    "learning_reports",
    "metadata",
    "open_attempts",
    "outbox",
    "outcomes",
    "people",
    "person_indexes",
    "person_keys",
    "release_items",
    "releases",
    "roles",
    "rounds",
    "rulebooks",
    "sign_ins",
    "uploads",
]
