"""From rows to frozen dataclasses, and JSON as it stands in text columns."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Column, Table

T = TypeVar("T")


def columns(table: Table, shape: type) -> list[Column[Any]]:
    """The table's columns in the order of the dataclass' fields, so that ``shape(*row)`` fits."""
    return [table.c[field.name] for field in fields(shape)]


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def json_text(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def from_json_text(text: str) -> Any:
    return msgspec.json.decode(text)
