"""Addresses of the wall's pages with their filters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.requests import Request

from examengine.records.wall import Place, Within

WALL = "/operator/wall"
TABLE = "/operator/wall/table"
SELECTED = "/operator/wall/selected"
INCIDENTS = "/operator/incidents"
NEW_INCIDENT = "/operator/incidents/new"
ANNOUNCEMENTS = "/operator/announcements"
MAX_UNIT = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """What the wall is narrowed to; ``exam`` is an id as text, "" for all."""

    exam: str = ""
    region: str = ""
    unit: str = ""

    @classmethod
    def of(cls, request: Request) -> "Filter":
        """As the address says; what cannot be understood does not narrow."""
        asked = request.query_params
        exam = asked.get("exam", "")
        region = asked.get("region", "")
        return cls(
            exam if exam.isdecimal() and len(exam) <= 18 else "",
            region if region.isdecimal() and len(region) == 6 else "",
            asked.get("unit", "").strip()[:MAX_UNIT],
        )

    @property
    def within(self) -> Within:
        return Within(int(self.exam) if self.exam else None, self.region, self.unit)

    def holds(self, place: Place) -> bool:
        return (
            self.exam in ("", str(place.exam_id))
            and self.region in ("", place.region)
            and self.unit in ("", place.unit)
        )

    def wall(self, **more: str) -> str:
        return _address(WALL, (("exam", self.exam), ("region", self.region), *more.items()))

    def table(self, state: str, **more: str) -> str:
        parts = (("state", state), ("exam", self.exam), ("region", self.region), ("unit", self.unit), *more.items())
        return _address(TABLE, parts)

    def scoped(self, address: str) -> str:
        """An address of another page that takes the same scope."""
        return _address(address, (("exam", self.exam), ("region", self.region), ("unit", self.unit)))

    def narrowed(self, *, region: str = "", unit: str = "") -> "Filter":
        return replace(self, region=region or self.region, unit=unit or self.unit)


def _address(path: str, parts: Sequence[tuple[str, str]]) -> str:
    query = urlencode([(name, value) for name, value in parts if value])
    return f"{path}?{query}" if query else path
