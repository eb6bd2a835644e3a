"""Files and what is in them."""

from typing import Any

import msgspec


def json_of(content: bytes) -> Any:
    return msgspec.json.decode(content)


def text_of(value: Any) -> bytes:
    return msgspec.json.encode(value)
