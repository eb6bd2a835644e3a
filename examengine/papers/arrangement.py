"""Orders of an item's options in which fixed options keep their place."""

from collections.abc import Callable
from functools import lru_cache
from itertools import permutations
from math import factorial
from operator import itemgetter

Ids = tuple[str, ...]

_TABLED = 6
"""Up to this many movable options all orders are laid out beforehand (720); more are computed one by one."""


class Arrangement:
    """The orders of ``places`` options of which those at ``movable`` may change places among each other.

    Order ``rank`` is the ``rank``-th (from 0) in lexicographic order of the places; there are ``count`` of them.
    """

    __slots__ = ("_movable", "_places", "_table", "count")

    def __init__(self, places: int, movable: tuple[int, ...]) -> None:
        self.count = factorial(len(movable))
        self._places = places
        self._movable = movable
        self._table: tuple[Callable[[Ids], Ids], ...] = ()
        if 2 <= len(movable) <= _TABLED:
            self._table = tuple(itemgetter(*self._spread(order)) for order in permutations(movable))

    def arrange(self, ids: Ids, rank: int) -> Ids:
        """``ids``, given in the author's order, in order ``rank``."""
        if self._table:
            return self._table[rank](ids)
        return tuple(ids[place] for place in self._spread(self._order(rank)))

    def _order(self, rank: int) -> tuple[int, ...]:
        left = list(self._movable)
        order: list[int] = []
        while left:
            which, rank = divmod(rank, factorial(len(left) - 1))
            order.append(left.pop(which))
        return tuple(order)

    def _spread(self, order: tuple[int, ...]) -> list[int]:
        spread = list(range(self._places))
        for place, comes_from in zip(self._movable, order, strict=True):
            spread[place] = comes_from
        return spread


@lru_cache(maxsize=1024)
def arrangement_of(places: int, movable: tuple[int, ...]) -> Arrangement:
    """One shared :class:`Arrangement` a shape: a bank has a handful of them."""
    return Arrangement(places, movable)
