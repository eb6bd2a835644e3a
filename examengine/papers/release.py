"""A release: the item versions of a bank that are open to draws, without their texts and keys."""

from dataclasses import dataclass
from datetime import date

from examengine.banks.item import Kind


@dataclass(frozen=True, slots=True)
class ReleaseItem:
    """As much of an item version as a draw looks at.

    ``option_ids`` stand in the author's order (where there are no options they are the ids of what parts are chosen
    from, see :func:`examengine.banks.responses.shown_ids`); those in ``fixed`` keep their place on every paper
    (以上都对, and both options of a true/false item). ``valid_until`` is the last local day on which the item may be
    drawn.
    Raises ValueError for options that are not distinct single letters a–z.
    """

    version_id: int
    item_id: int
    kind: Kind
    option_ids: tuple[str, ...]
    fixed: frozenset[str] = frozenset()
    topic: str = ""
    difficulty: str = ""
    valid_until: date | None = None

    def __post_init__(self) -> None:
        ids = self.option_ids
        if len(set(ids)) != len(ids) or any(len(i) != 1 or not "a" <= i <= "z" for i in ids):
            raise ValueError(f"options of version {self.version_id} are not distinct letters a–z: {ids}")
        if not self.fixed.issubset(ids):
            raise ValueError(f"version {self.version_id} fixes options that it does not have")


@dataclass(frozen=True, slots=True)
class Release:
    """``items`` in any order: no draw depends on it. Raises ValueError where an item or a version stands twice."""

    id: int
    items: tuple[ReleaseItem, ...]

    def __post_init__(self) -> None:
        if len({item.item_id for item in self.items}) != len(self.items):
            raise ValueError(f"release {self.id} holds two versions of one item")
        if len({item.version_id for item in self.items}) != len(self.items):
            raise ValueError(f"release {self.id} holds one version twice")
