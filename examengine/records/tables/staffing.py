"""How staff prove who they are a second time, and what was done to accounts."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, String, Table, text

from examengine.records.tables.columns import id_column, metadata, ms, ref, word
from examengine.records.words import AccountAct, Role

second_factors = Table(
    "second_factors",
    metadata,
    id_column(),
    ref("person_id", "people.id"),
    Column("secret_enc", LargeBinary, nullable=False, comment="TOTP secret, AES-256-GCM under the person's key"),
    Column("last_step", BigInteger, nullable=False, comment="newest 30 s step whose code was taken: none goes twice"),
    ms("at_ms", "when the first code was right"),
    ms("ended_ms", nullable=True),
    ref("ended_by", "people.id", "null = still in use, or ended at the command line", nullable=True),
    Index(
        "uq_second_factors_used",
        "person_id",
        unique=True,
        sqlite_where=text("ended_ms IS NULL"),
        postgresql_where=text("ended_ms IS NULL"),
    ),
    comment="Second factors of staff; one in use a person.",
    sqlite_autoincrement=True,
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    ref("factor_id", "second_factors.id", primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, primary_key=True, comment="first 16 bytes of an HMAC-SHA256"),
    ms("at_ms"),
    ms("used_ms", "when it let its owner in, or another set of codes took its place", nullable=True),
    comment="Codes on paper for whoever is without his telephone; each goes once.",
)

account_acts = Table(
    "account_acts",
    metadata,
    id_column(),
    ref("person_id", "people.id"),
    *word("act", AccountAct),
    *word("role", Role, "given or taken", nullable=True),
    Column("reason_category", String(40), nullable=False),
    Column("reason", String(500), nullable=False, comment="why, as staff see it"),
    Column("ticket", String(40), nullable=False, server_default="", comment="application or telephone ticket"),
    Column("nonce", String(64), nullable=False, unique=True, comment="of the form: sent twice, it is one act"),
    ref("by_person", "people.id", "null = at the command line", nullable=True),
    ms("at_ms"),
    CheckConstraint("by_person <> person_id", name="not_for_oneself"),
    CheckConstraint("(role IS NOT NULL) = (act IN ('give_role', 'take_role'))", name="role_named"),
    Index("ix_account_acts_person_id", "person_id"),
    Index("ix_account_acts_by_person", "by_person"),
    comment="What security administrators did to accounts, append-only.",
    sqlite_autoincrement=True,
)
