"""A small maximum flow: how many items of each class go to each cell of a group.

Cells and classes are local indexes of one group. The network has a few dozen nodes whatever the size of the bank,
because items of one class are interchangeable.
"""

from collections import deque
from collections.abc import Sequence


class Allocation:
    """Grows by augmenting paths, and shrinks by one item at a time while a draw carries it out.

    ``unmet[c]`` items are still wanting in cell ``c``, ``free[k]`` of class ``k`` are not promised to any cell.
    """

    __slots__ = ("_classes_of", "_given", "free", "unmet")

    def __init__(self, cells_of: Sequence[Sequence[int]], wanted: Sequence[int], stock: Sequence[int]) -> None:
        """``cells_of[k]`` accept class ``k``, of which ``stock[k]`` items exist; cell ``c`` wants ``wanted[c]``."""
        self.unmet = list(wanted)
        self.free = list(stock)
        self._given = [dict.fromkeys(cells, 0) for cells in cells_of]
        self._classes_of = [[k for k, cells in enumerate(cells_of) if c in cells] for c in range(len(wanted))]

    def fill(self) -> bool:
        """Meet as much of what is wanted as can be met at once; True where that is all."""
        for cell in range(len(self.unmet)):
            while self.unmet[cell] and self._augment(cell):
                pass
        return not any(self.unmet)

    def admit(self, item_class: int) -> bool:
        """Add one item to ``item_class`` if that meets one more want; False leaves everything as it was."""
        self.free[item_class] += 1
        if any(self._augment(cell) for cell in range(len(self.unmet)) if self.unmet[cell]):
            return True
        self.free[item_class] -= 1
        return False

    def take(self, item_class: int, cell: int) -> bool:
        """Use up one item of ``item_class`` for ``cell``, all wants being met.

        False, and nothing changes, where some other want could then no longer be met.
        """
        given = self._given[item_class]
        if given[cell]:
            given[cell] -= 1
            return True
        source = next(k for k in self._classes_of[cell] if self._given[k][cell])
        self._given[source][cell] -= 1
        self.free[source] += 1
        if self.free[item_class]:
            self.free[item_class] -= 1
            return True
        # whoever holds an item of the class reaches, by its augmenting path, every other who does
        robbed = next(c for c, items in given.items() if items)
        given[robbed] -= 1
        self.unmet[robbed] += 1
        if self._augment(robbed):
            return True
        self.unmet[robbed] -= 1
        given[robbed] += 1
        self.free[source] -= 1
        self._given[source][cell] += 1
        return False

    def starved(self) -> tuple[int, ...]:
        """After ``fill``: the cells which together want more than all items that any of them accepts."""
        reached = [cell for cell, unmet in enumerate(self.unmet) if unmet]
        for cell in reached:  # grows as it is walked
            for k in self._classes_of[cell]:
                reached += [c for c, items in self._given[k].items() if items and c not in reached]
        return tuple(sorted(reached))

    def _augment(self, start: int) -> bool:
        """Give ``start`` as many items as one shortest path brings, others moving to other classes."""
        came_by: dict[int, tuple[int, int]] = {}
        seen_classes: set[int] = set()
        waiting = deque([start])
        while waiting:
            cell = waiting.popleft()
            for k in self._classes_of[cell]:
                if k in seen_classes:
                    continue
                seen_classes.add(k)
                if self.free[k]:
                    self._push(start, cell, k, came_by)
                    return True
                for other, items in self._given[k].items():
                    if items and other not in came_by and other != start:
                        came_by[other] = (cell, k)
                        waiting.append(other)
        return False

    def _push(self, start: int, cell: int, k: int, came_by: dict[int, tuple[int, int]]) -> None:
        # (cell, class it gains from, class it gives up or None), from the far end back to the start
        moves: list[tuple[int, int, int | None]] = []
        amount = min(self.unmet[start], self.free[k])
        gained = k
        while cell != start:
            previous, held = came_by[cell]
            amount = min(amount, self._given[held][cell])
            moves.append((cell, gained, held))
            cell, gained = previous, held
        moves.append((start, gained, None))
        self.free[k] -= amount
        self.unmet[start] -= amount
        for mover, gains, gives in moves:
            self._given[gains][mover] += amount
            if gives is not None:
                self._given[gives][mover] -= amount
