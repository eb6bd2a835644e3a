"""A question of a typed paper as its lines give it, and the section it stands in."""

from dataclasses import dataclass, field

from examengine.banks.item import Kind
from examengine.banks.readers.prose import marks


@dataclass(slots=True)
class Section:
    """What a heading says of the questions below; ``any_choice`` for "选择题", be it single or multiple."""

    index: int = 0
    kind: Kind | None = None
    points: str = ""
    any_choice: bool = False


@dataclass(slots=True)
class Problem:
    """A question as its lines give it; ``material`` is the case that it and its neighbours are asked about."""

    line: int
    number: int | None
    section: Section
    topic: str
    material: str = ""
    stem: list[str] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    key: list[str] = field(default_factory=list)
    explanation: list[str] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    part: str = "stem"
    inner: int = 0

    keyed_in_stem: bool = False
    bare_options: bool = False

    def add_to_stem(self, text: str) -> None:
        """A line more of the stem; whether it carries the key is found out once."""
        self.stem.append(text)
        flat = marks.plain(text)
        found = marks.KEY_IN_BRACKETS.search(flat) or marks.MARK_AT_END.search(flat)
        self.keyed_in_stem = self.keyed_in_stem or found is not None

    @property
    def complete(self) -> bool:
        """Enough has been read for another question to begin."""
        return len(self.options) > 1 or bool(self.key) or self.keyed_in_stem
