"""What commands print: JSON alone on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import typer

from examengine.findings import Finding


def print_json(value: Any) -> None:
    """One JSON value on stdout, UTF-8 whatever the terminal's encoding."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.buffer.flush()


def fail(message: str, code: int = 2) -> NoReturn:
    """Say what is wrong on stderr and leave."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def as_json(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Findings as JSON objects."""
    return [{"severity": f.severity, "code": f.code, "where": f.where, "message": f.message} for f in findings]


def read_bytes(path: Path, limit: int) -> bytes:
    """A file's bytes; leaves with a clear word where it cannot be read or is too large."""
    try:
        if path.stat().st_size > limit:
            fail(f"{path.name}：文件超过 {limit // 1024 // 1024} MiB")
        return path.read_bytes()
    except OSError as error:
        fail(f"{path}：读不出来（{error.strerror}）")
