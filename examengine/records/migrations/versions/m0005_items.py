"""States of items, reviews, versions by hand.

What was released before anybody could check it counts as checked by the system; everything else is a draft.
"""

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CHUNK = 500
STATES = "state IN ('draft', 'waiting', 'checked', 'returned', 'retired')"
DECISIONS = "decision IN ('submitted', 'approved', 'returned', 'retired', 'restored')"
KINDS = (
    "kind IN ('single_choice', 'multiple_choice', 'true_false', 'short_answer', 'numeric', 'matching', 'cloze', "
    "'essay', 'other')"
)
NEW_COLUMNS = (
    "batch_id INTEGER, \n\tby_person INTEGER, \n\tat_ms BIGINT NOT NULL, \n\tnote VARCHAR(500) DEFAULT '' NOT NULL, "
    "\n\tvalid_until VARCHAR(10), "
)
NEW_SIZE = "size INTEGER DEFAULT '0' NOT NULL"
NEW_ITEM = "version_id INTEGER NOT NULL, \n\titem_id INTEGER NOT NULL, "
NEW_ITEM_KEY = (
    "REFERENCES item_versions (id), \n\tCONSTRAINT fk_release_items_item_id FOREIGN KEY(item_id) "
    "REFERENCES items (id)"
)
NEW_KEYS = (
    "REFERENCES import_batches (id), \n\tCONSTRAINT fk_item_versions_by_person FOREIGN KEY(by_person) "
    "REFERENCES people (id)"
)
MADE_BY = """
UPDATE item_versions
SET by_person = (SELECT b.by_person FROM import_batches AS b WHERE b.id = item_versions.batch_id),
    at_ms = (SELECT b.at_ms FROM import_batches AS b WHERE b.id = item_versions.batch_id)
"""
APPROVED = """
INSERT INTO item_reviews (item_id, version_id, decision, comment, by_person, made_by, at_ms)
SELECT v.item_id, v.id, 'approved', '', NULL, v.by_person, min(r.at_ms)
FROM release_items AS i JOIN releases AS r ON r.id = i.release_id JOIN item_versions AS v ON v.id = i.version_id
GROUP BY v.item_id, v.id, v.by_person ORDER BY v.id
"""
NEWEST = """
SELECT v.id, v.item_id, v.no, v.kind, v.content, v.by_person, v.at_ms, i.bank_id, i.external_no,
       (SELECT max(c.no) FROM item_versions AS c JOIN item_reviews AS w ON w.version_id = c.id
        WHERE c.item_id = v.item_id) AS checked_no
FROM item_versions AS v JOIN items AS i ON i.id = v.item_id
WHERE v.no = (SELECT max(o.no) FROM item_versions AS o WHERE o.item_id = v.item_id)
ORDER BY v.item_id
"""


def upgrade() -> None:
    _widen_versions()
    _size_releases()
    _name_released_items()
    op.create_table(
        "item_reviews",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("version_id", Id, nullable=False, comment="what was looked at"),
        sa.Column("decision", sa.String(40), nullable=False),
        sa.Column("comment", sa.String(500), server_default="", nullable=False),
        sa.Column("by_person", Id, comment="null = the system"),
        sa.Column("made_by", Id, comment="the version's maker, copied for the check"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(DECISIONS, name=op.f("ck_item_reviews_decision")),
        sa.CheckConstraint(
            "decision <> 'approved' OR by_person <> made_by", name=op.f("ck_item_reviews_second_person")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_reviews_item_id")),
        sa.ForeignKeyConstraint(["version_id"], ["item_versions.id"], name=op.f("fk_item_reviews_version_id")),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_item_reviews_by_person")),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_item_reviews_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_reviews")),
        comment="What was said about versions of items, append-only; the newest about a version counts.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_item_reviews_item_id", "item_reviews", ["item_id"])
    op.create_index("ix_item_reviews_version_id", "item_reviews", ["version_id"])
    heads = op.create_table(
        "item_heads",
        sa.Column("item_id", Id, autoincrement=False, nullable=False),
        sa.Column("bank_id", Id, nullable=False),
        sa.Column("version_id", Id, nullable=False, comment="the newest version"),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("checked_id", Id, comment="the newest version whose last word is approved"),
        sa.Column("checked_no", sa.Integer()),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("topic", sa.String(300), nullable=False),
        sa.Column("difficulty", sa.String(10), nullable=False),
        sa.Column("valid_until", sa.String(10), comment="the last day it may be drawn, YYYY-MM-DD"),
        sa.Column("by_person", Id, comment="who made the newest version"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False, comment="when it was made"),
        sa.Column("words", sa.Text(), nullable=False, comment="what a search looks through, in lower case"),
        sa.CheckConstraint(STATES, name=op.f("ck_item_heads_state")),
        sa.CheckConstraint(KINDS, name=op.f("ck_item_heads_kind")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_heads_item_id")),
        sa.ForeignKeyConstraint(["bank_id"], ["banks.id"], name=op.f("fk_item_heads_bank_id")),
        sa.ForeignKeyConstraint(["version_id"], ["item_versions.id"], name=op.f("fk_item_heads_version_id")),
        sa.ForeignKeyConstraint(["checked_id"], ["item_versions.id"], name=op.f("fk_item_heads_checked_id")),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_item_heads_by_person")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_heads")),
        comment="Items as lists show them: derived from versions and reviews, in the transaction that adds to those.",
    )
    op.create_index("ix_item_heads_version_id", "item_heads", ["version_id"])
    op.create_index("ix_item_heads_bank_item", "item_heads", ["bank_id", "item_id", "state", "checked_id"])
    op.create_index(
        "ix_item_heads_listed", "item_heads", ["bank_id", "state", "kind", "topic", "difficulty", "valid_until"]
    )
    connection = op.get_bind()
    op.create_index(
        "ix_item_versions_valid_until",
        "item_versions",
        ["valid_until"],
        sqlite_where=sa.text("valid_until IS NOT NULL"),
        postgresql_where=sa.text("valid_until IS NOT NULL"),
    )
    connection.execute(sa.text(APPROVED))
    checked = _checked_ids(connection)
    _date_versions(connection)
    newest = connection.execute(sa.text(NEWEST)).all()
    for start in range(0, len(newest), CHUNK):
        op.bulk_insert(heads, [_head(row, checked) for row in newest[start : start + CHUNK]])


def _widen_versions() -> None:
    """Who made a version and when, taken from its import; a version may come without one.

    SQLite: the columns are added, then the table's text is written as this program declares it (see 0003): a copy of
    the table would take the releases along.
    """
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    made = _declared("item_versions") if is_sqlite else ""
    op.add_column("item_versions", sa.Column("by_person", Id, comment="who made it; null = the system"))
    op.add_column("item_versions", sa.Column("at_ms", sa.BigInteger()))
    note = sa.Column("note", sa.String(500), server_default="", nullable=False, comment="what was changed and why")
    op.add_column("item_versions", note)
    until = sa.Column("valid_until", sa.String(10), comment="the last day it may be drawn, YYYY-MM-DD")
    op.add_column("item_versions", until)
    op.execute(MADE_BY)
    if not is_sqlite:
        op.alter_column("item_versions", "at_ms", nullable=False)
        op.alter_column("item_versions", "batch_id", nullable=True, comment="null = written by hand")
        op.create_foreign_key(op.f("fk_item_versions_by_person"), "item_versions", "people", ["by_person"], ["id"])
        return
    before, _, rest = made.partition("batch_id INTEGER")
    _, comma, constraints = rest.partition("CONSTRAINT ")
    declared = f"{before}{NEW_COLUMNS}\n\t{comma}{constraints}".replace("REFERENCES import_batches (id)", NEW_KEYS)
    if not comma or declared.count("by_person") != 3:
        raise RuntimeError("item_versions is not as it was made")
    _declare("item_versions", declared)


def _size_releases() -> None:
    """How many items each release holds: it never changes, and lists need not count."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    before = _declared("releases") if is_sqlite else ""
    size = sa.Column("size", sa.Integer(), server_default="0", nullable=False, comment="how many items it holds")
    op.add_column("releases", size)
    op.execute(
        "UPDATE releases SET size = (SELECT count(*) FROM release_items AS i WHERE i.release_id = releases.id)"
    )
    if is_sqlite:
        declared = before.replace("by_person INTEGER, ", f"by_person INTEGER, \n\t{NEW_SIZE}, ", 1)
        if declared == before:
            raise RuntimeError("releases is not as it was made")
        _declare("releases", declared)


def _name_released_items() -> None:
    """Which item each released version is of, so that two releases are compared without opening the versions."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    before = _declared("release_items") if is_sqlite else ""
    told = "the version's item: it stands in a release once"
    op.add_column("release_items", sa.Column("item_id", Id, comment=told))
    op.execute(
        "UPDATE release_items SET item_id ="
        " (SELECT v.item_id FROM item_versions AS v WHERE v.id = release_items.version_id)"
    )
    if is_sqlite:
        declared = before.replace("version_id INTEGER NOT NULL, ", NEW_ITEM, 1)
        declared = declared.replace("REFERENCES item_versions (id)", NEW_ITEM_KEY, 1)
        if declared.count("item_id") != 3:
            raise RuntimeError("release_items is not as it was made")
        _declare("release_items", declared)
    else:
        op.alter_column("release_items", "item_id", nullable=False)
        op.create_foreign_key(op.f("fk_release_items_item_id"), "release_items", "items", ["item_id"], ["id"])
    op.create_index("uq_release_items_item", "release_items", ["release_id", "item_id"], unique=True)


def _declared(table: str) -> str:
    known = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
    return str(op.get_bind().execute(known, {"name": table}).scalar_one())


def _declare(table: str, declared: str) -> None:
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name"),
        {"sql": declared, "name": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _date_versions(connection: sa.Connection) -> None:
    rows = connection.execute(sa.text("SELECT id, content FROM item_versions"))
    dates = [{"of": row.id, "until": json.loads(row.content).get("valid_until")} for row in rows]
    dated = [row for row in dates if row["until"]]
    if dated:
        connection.execute(sa.text("UPDATE item_versions SET valid_until = :until WHERE id = :of"), dated)


def _checked_ids(connection: sa.Connection) -> dict[tuple[int, int], int]:
    rows = connection.execute(
        sa.text("SELECT v.item_id, v.no, v.id FROM item_versions AS v JOIN item_reviews AS w ON w.version_id = v.id")
    )
    return {(row.item_id, row.no): row.id for row in rows}


def _head(row: Any, checked: dict[tuple[int, int], int]) -> dict[str, Any]:
    item = json.loads(row.content)
    number = "" if row.external_no.startswith(("sha256:", "no:")) else row.external_no
    return {
        "item_id": row.item_id,
        "bank_id": row.bank_id,
        "version_id": row.id,
        "no": row.no,
        "checked_id": checked.get((row.item_id, row.checked_no)),
        "checked_no": row.checked_no,
        "state": "checked" if row.checked_no == row.no else "draft",
        "kind": row.kind,
        "topic": item.get("topic", "")[:300],
        "difficulty": item.get("difficulty", "")[:10],
        "valid_until": item.get("valid_until"),
        "by_person": row.by_person,
        "at_ms": row.at_ms,
        "words": "\n".join(" ".join(text.split()) for text in _words(item, number)).lower(),
    }


def _words(item: dict[str, Any], number: str) -> Iterable[str]:
    return (number, item["stem"], *(option["text"] for option in item["options"]), item.get("source", ""))
