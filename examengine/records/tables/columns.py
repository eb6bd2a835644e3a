"""How columns are written: ids, times in milliseconds, words with their CHECK."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer(), "sqlite")


def id_column() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def ref(name: str, target: str, comment: str | None = None, **options: Any) -> Column[int]:
    """A foreign key to the ``id`` of another table, not null unless said otherwise."""
    options.setdefault("nullable", False)
    return Column(name, Id, ForeignKey(target), comment=comment, **options)


def ms(name: str, comment: str | None = None, *, nullable: bool = False) -> Column[int]:
    """An instant, milliseconds since 1970-01-01T00:00Z."""
    return Column(name, BigInteger, nullable=nullable, comment=comment)


def word(
    name: str, allowed: Iterable[str], comment: str | None = None, *, nullable: bool = False, **options: Any
) -> tuple[Column[str], CheckConstraint]:
    """A short text that may hold only ``allowed``."""
    listed = ", ".join(f"'{value}'" for value in allowed)
    return (
        Column(name, String(40), nullable=nullable, comment=comment, **options),
        CheckConstraint(f"{name} IN ({listed})", name=name),
    )
