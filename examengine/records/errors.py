"""What can go wrong with the records. No text here carries a value that was stored or asked for."""


class RecordsError(Exception):
    """Something went wrong below; the records hold what they held before."""


class Missing(RecordsError, LookupError):  # noqa: N818 - reads as what it says
    """There is no such thing. ``key`` is an internal id, digest or source, never personal data."""

    def __init__(self, kind: str, key: int | str) -> None:
        super().__init__(f"no {kind} {key}")
        self.kind = kind
        self.key = key


class Conflict(RecordsError):  # noqa: N818 - reads as what it says
    """The transaction contradicts what is recorded (a unique value, a reference, a CHECK); nothing was written."""


class Unavailable(RecordsError):  # noqa: N818 - reads as what it says
    """SQL cannot be reached, is locked for too long or full; trying again later may help."""


class WrongSchema(RecordsError):  # noqa: N818 - reads as what it says
    """The database has another schema than this program; ``examengine.records.migrate`` brings it up to date."""
