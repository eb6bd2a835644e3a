"""The report of ``examengine bank check``: a file's counts and findings as plain data."""

from datetime import date
from pathlib import Path
from typing import Any

from examengine.banks.assess import assess
from examengine.banks.cells.grid import FILE_BYTES_LIMIT
from examengine.banks.readers import BankReading, Format, read_bank


def check_file(
    path: str | Path, encoding: str | None = None, form: Format | None = None, today: date | None = None
) -> dict[str, Any]:
    """What ``bank check`` prints for one file, ready for JSON; ``today`` is for dates of validity.

    Raises ``OSError`` where it cannot be opened.
    """
    path = Path(path)
    with path.open("rb") as file:
        # One byte more than allowed is enough to be refused as too large.
        data = file.read(FILE_BYTES_LIMIT + 1)
    return report_of(assess(read_bank(data, path.name, encoding=encoding, form=form), today=today).reading, path.name)


def report_of(reading: BankReading, name: str) -> dict[str, Any]:
    """The same for a file that has been read and assessed."""
    return {
        "file": name,
        "format": reading.format,
        "encoding": reading.encoding,
        "total": reading.total,
        "by_type": {kind.value: count for kind, count in reading.by_type.items()},
        "importable": reading.importable,
        "findings": [
            {
                "severity": finding.severity,
                "code": finding.code,
                "where": finding.where,
                "message": finding.message,
            }
            for finding in reading.findings
        ],
    }
