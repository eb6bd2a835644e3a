"""What the marks of several people come to. Pure; who is offered what is the records' affair."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Given:
    """The mark of one person that counts, in hundredths of a point."""

    marker: int
    hundredths: int


def decided(given: Sequence[Given], markers: int, tolerance_hundredths: int) -> int | None:
    """What an answer has earned; None while a mark is missing.

    One marker: his mark. Two: the mean of theirs, half a hundredth up, where they are at most
    ``tolerance_hundredths`` apart; else a third person's mark stands by itself.

    Args:
        given: one mark a person, in the order in which these people first marked.
    """
    if markers == 1:
        return given[0].hundredths if given else None
    if len(given) < 2:
        return None
    if len(given) > 2:
        return given[2].hundredths
    first, second = given[0].hundredths, given[1].hundredths
    if abs(first - second) > tolerance_hundredths:
        return None
    return (first + second + 1) // 2
