"""Roles apart (security administrator, auditor), second factors, what is done to accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLES = "role IN ('candidate', 'author', 'support', 'operator', 'marker')"
ROLES_NOW = "role IN ('candidate', 'author', 'support', 'operator', 'marker', 'security', 'auditor')"
HELD_APART = "revoked_ms IS NULL AND role IN ('operator', 'security', 'auditor')"


def upgrade() -> None:
    _two_more_roles()
    op.create_index(
        "uq_roles_apart",
        "roles",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text(HELD_APART),
        postgresql_where=sa.text(HELD_APART),
    )
    op.create_table(
        "second_factors",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column(
            "secret_enc", sa.LargeBinary(), nullable=False, comment="TOTP secret, AES-256-GCM under the person's key"
        ),
        sa.Column(
            "last_step",
            sa.BigInteger(),
            nullable=False,
            comment="newest 30 s step whose code was taken: none goes twice",
        ),
        sa.Column("at_ms", sa.BigInteger(), nullable=False, comment="when the first code was right"),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", Id, nullable=True, comment="null = still in use, or ended at the command line"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_second_factors_person_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["people.id"], name=op.f("fk_second_factors_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factors")),
        comment="Second factors of staff; one in use a person.",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_second_factors_used",
        "second_factors",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("ended_ms IS NULL"),
        postgresql_where=sa.text("ended_ms IS NULL"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("factor_id", Id, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="first 16 bytes of an HMAC-SHA256"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column(
            "used_ms",
            sa.BigInteger(),
            nullable=True,
            comment="when it let its owner in, or another set of codes took its place",
        ),
        sa.ForeignKeyConstraint(["factor_id"], ["second_factors.id"], name=op.f("fk_recovery_codes_factor_id")),
        sa.PrimaryKeyConstraint("factor_id", "hash", name=op.f("pk_recovery_codes")),
        comment="Codes on paper for whoever is without his telephone; each goes once.",
    )
    op.create_table(
        "account_acts",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=True, comment="given or taken"),
        sa.Column("reason_category", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False, comment="why, as staff see it"),
        sa.Column(
            "ticket",
            sa.String(length=40),
            server_default="",
            nullable=False,
            comment="application or telephone ticket",
        ),
        sa.Column("nonce", sa.String(length=64), nullable=False, comment="of the form: sent twice, it is one act"),
        sa.Column("by_person", Id, nullable=True, comment="null = at the command line"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("by_person <> person_id", name=op.f("ck_account_acts_not_for_oneself")),
        sa.CheckConstraint(
            "(role IS NOT NULL) = (act IN ('give_role', 'take_role'))", name=op.f("ck_account_acts_role_named")
        ),
        sa.CheckConstraint(
            "act IN ('add_account', 'give_role', 'take_role', 'end_sessions', 'reset_factor', 'hand_out_password',"
            " 'block')",
            name=op.f("ck_account_acts_act"),
        ),
        sa.CheckConstraint(ROLES_NOW, name=op.f("ck_account_acts_role")),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_account_acts_by_person")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_account_acts_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_acts")),
        sa.UniqueConstraint("nonce", name=op.f("uq_account_acts_nonce")),
        comment="What security administrators did to accounts, append-only.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_account_acts_person_id", "account_acts", ["person_id"], unique=False)
    op.create_index("ix_account_acts_by_person", "account_acts", ["by_person"], unique=False)


def _two_more_roles() -> None:
    """SQLite: in its schema's text, as its manual describes for CHECKs (see revision 0003)."""
    connection = op.get_bind()
    comment = "Who may do what; one row a role held; operator, security and auditor never two in one account."
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_roles_role"), "roles", type_="check")
        op.create_check_constraint(op.f("ck_roles_role"), "roles", ROLES_NOW)
        op.create_table_comment("roles", comment, existing_comment=None)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
            " WHERE type = 'table' AND name = 'roles' AND instr(sql, :before) > 0"
        ),
        {"before": ROLES, "after": ROLES_NOW},
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError("roles has no such check")
