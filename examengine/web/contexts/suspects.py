"""Keys that their figures speak against, as the pages of authors list them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer with how many chose it, in all and by thirds of the people."""

    label: str
    text: str
    key: bool
    n: int
    share: str
    lower: str
    middle: str
    upper: str
    stands_out: bool = False


@dataclass(frozen=True, slots=True)
class SuspectView:
    """A suspect key: ``told`` says why, ``href`` leads to the item, ``correct_href`` to its correction; ``answers``:
    who chose what.
    """

    no: str
    exam: str
    told: str
    href: str
    correct_href: str
    answers: tuple[AnswerRow, ...] = ()
