"""People, how they are found, what they may do, how they sign in."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from examengine.records.tables.columns import Id, id_column, metadata, ms, ref, word
from examengine.records.words import APART, CATEGORIES, DocumentType, IndexKind, Role, SignInOutcome

HELD_APART = f"revoked_ms IS NULL AND role IN ({', '.join(repr(str(role)) for role in APART)})"

people = Table(
    "people",
    metadata,
    id_column(),
    Column(
        "pseudonym",
        String(32),
        nullable=False,
        unique=True,
        comment="random, 16 bytes in hex; what chains and audits still name after an erasure",
    ),
    *word("doc_type", DocumentType),
    Column("doc_enc", LargeBinary, nullable=False, comment="document number, AES-256-GCM under the person's key"),
    Column("name_enc", LargeBinary, nullable=False, comment="name, likewise"),
    Column("phone_enc", LargeBinary, comment="phone number, likewise"),
    Column("unit_name", String(200), nullable=False, comment="employer, full name"),
    Column("region", String(6), nullable=False, comment="GB/T 2260"),
    *word("category", CATEGORIES),
    Column("post", String(100), nullable=False, server_default=""),
    Column("title", String(100), nullable=False, server_default="", comment="professional title"),
    ms("created_ms"),
    ms("erased_ms", "when the person's key was destroyed", nullable=True),
    comment="One row a person; document, name and phone stand here as ciphertext only.",
    sqlite_autoincrement=True,
)

person_keys = Table(
    "person_keys",
    metadata,
    ref("person_id", "people.id", primary_key=True, autoincrement=False),
    Column(
        "key_id", String(8), nullable=False, comment="the field key that wraps it: first 8 hex digits of its hash"
    ),
    Column("wrapped_key", LargeBinary, nullable=False, comment="the person's data key, wrapped by the field key"),
    ms("made_ms"),
    Index("ix_person_keys_key_id", "key_id"),
    comment="One data key a person; destroying the row erases the person.",
)

person_indexes = Table(
    "person_indexes",
    metadata,
    *word("kind", IndexKind, primary_key=True),
    Column("value", LargeBinary, primary_key=True, comment="first 16 bytes of an HMAC-SHA256"),
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True, nullable=False, autoincrement=False),
    Index("ix_person_indexes_person_id", "person_id"),
    Index(
        "uq_person_indexes_doc",
        "value",
        unique=True,
        sqlite_where=text("kind = 'doc'"),
        postgresql_where=text("kind = 'doc'"),
    ),
    comment="Blind indexes: document number (whole, last 4, 6, 8 places), phone, name.",
)

document_history = Table(
    "document_history",
    metadata,
    id_column(),
    ref("person_id", "people.id", index=True),
    *word("doc_type", DocumentType),
    Column("doc_enc", LargeBinary, nullable=False, comment="the old number, under the person's key"),
    *word("why", ("fifteen_digits", "corrected")),
    ref("by_person", "people.id", nullable=True),
    ms("at_ms"),
    comment="Former document numbers: 15-digit originals, numbers before a correction.",
    sqlite_autoincrement=True,
)

roles = Table(
    "roles",
    metadata,
    id_column(),
    ref("person_id", "people.id"),
    *word("role", Role),
    ref("granted_by", "people.id", "null = by an import or the set-up", nullable=True),
    ms("at_ms"),
    ms("revoked_ms", nullable=True),
    ref("revoked_by", "people.id", nullable=True),
    Index(
        "uq_roles_held",
        "person_id",
        "role",
        unique=True,
        sqlite_where=text("revoked_ms IS NULL"),
        postgresql_where=text("revoked_ms IS NULL"),
    ),
    Index(
        "uq_roles_apart",
        "person_id",
        unique=True,
        sqlite_where=text(HELD_APART),
        postgresql_where=text(HELD_APART),
    ),
    comment="Who may do what; one row a role held; operator, security and auditor never two in one account.",
    sqlite_autoincrement=True,
)

accounts = Table(
    "accounts",
    metadata,
    ref("person_id", "people.id", primary_key=True, autoincrement=False),
    Column("password_hash", String(200), nullable=False, comment="argon2id"),
    Column("must_change", Boolean, nullable=False, comment="the password must be changed before anything else"),
    Column("initial", Boolean, nullable=False, comment="still the password that was handed out"),
    Column(
        "session_version",
        Integer,
        nullable=False,
        server_default="1",
        comment="a cookie with another version is void",
    ),
    ms("changed_ms"),
    comment="How a person signs in.",
)

sign_ins = Table(
    "sign_ins",
    metadata,
    id_column(),
    ref("person_id", "people.id", "null = nobody of that number", nullable=True),
    *word("outcome", SignInOutcome),
    Column("device", String(32), nullable=False, server_default="", comment="the browser's random mark"),
    ms("at_ms"),
    Index("ix_sign_ins_person_id_at_ms", "person_id", "at_ms"),
    Index("ix_sign_ins_at_ms", "at_ms"),
    comment="Sign-in log; internal ids only.",
    sqlite_autoincrement=True,
)
