"""The budget: which messages are folded, which texts are stubs, and which segments stay.

Everything starts at its cheapest form. Then the upgrade with the most value per token is taken, again and
again, with measured costs, until nothing more fits. It knows tokens and values, not what a message is.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

# Value per token, with the cost damped: plain value/cost would fill the budget with the smallest scraps.
DENSITY_EXPONENT = 0.3


@dataclass(slots=True)
class Piece:
    """A text that may be a stub, an excerpt or whole, with its segments' costs and values, in tokens."""

    full: int
    stub: int
    gap: int  # what one marker between kept segments costs
    costs: Sequence[int]
    values: Sequence[float]
    kept: set[int] = field(default_factory=set)
    whole: bool = False

    @property
    def cost(self) -> int:
        """Tokens in the present form."""
        if self.whole:
            return self.full
        if not self.kept:
            return self.stub
        return sum(self.costs[i] for i in self.kept) + self.gap * self._gaps()

    def _gaps(self) -> int:
        edges = sum((i - 1 not in self.kept) for i in self.kept if i > 0)
        return edges + (max(self.kept) < len(self.costs) - 1)

    def price(self, segment: int) -> int:
        """What keeping one more segment adds."""
        open_left = segment > 0 and segment - 1 not in self.kept
        open_right = segment < len(self.costs) - 1 and segment + 1 not in self.kept
        if not self.kept:
            whole = not open_left and not open_right
            return (self.full if whole else self.costs[segment] + self.gap * (open_left + open_right)) - self.stub
        return self.costs[segment] + self.gap * (open_left + open_right - 1)

    def keep(self, segment: int) -> None:
        self.kept.add(segment)
        self.whole = len(self.kept) == len(self.costs)


@dataclass(slots=True)
class Group:
    """Messages that are kept or folded together.

    ``fixed`` is what they cost beside their pieces; ``value`` what that part is worth by itself.
    """

    fixed: int
    value: float
    pieces: list[Piece]
    foldable: bool
    folded: bool = False
    cheapest: int = 0  # tokens when not folded, with every piece as a stub

    def __post_init__(self) -> None:
        self.cheapest = self.fixed
        for piece in self.pieces:
            self.cheapest += piece.stub

    @property
    def full(self) -> int:
        """Tokens with everything as it was."""
        return self.fixed + sum(piece.full for piece in self.pieces)


class Fit:
    """Chooses the form of everything, in place; ``fill`` may be called again with more budget."""

    def __init__(self, groups: Sequence[Group], fold_cost: int) -> None:
        self.groups = groups
        self.fold_cost = fold_cost
        self._heap: list[tuple[float, int, int, int, int]] = []
        self._start()
        self.floor = self.used = self._total()

    def _start(self) -> None:
        """Everything in its cheapest form."""
        for group in self.groups:
            group.folded = group.foldable
            for piece in group.pieces:
                piece.kept.clear()
                piece.whole = False
        for first, last in self._runs():
            if sum(group.cheapest for group in self.groups[first:last]) <= self.fold_cost:
                for group in self.groups[first:last]:
                    group.folded = False
        for number in range(len(self.groups)):
            self._offer(number)

    def _runs(self) -> list[tuple[int, int]]:
        """Runs of folded groups, as (first, one past the last)."""
        runs = []
        first = None
        for number in range(len(self.groups) + 1):
            folded = number < len(self.groups) and self.groups[number].folded
            if folded and first is None:
                first = number
            elif not folded and first is not None:
                runs.append((first, number))
                first = None
        return runs

    def _total(self) -> int:
        shown = sum(
            group.fixed + sum(piece.cost for piece in group.pieces) for group in self.groups if not group.folded
        )
        return shown + self.fold_cost * len(self._runs())

    def fill(self, budget: int) -> None:
        """Takes upgrades until none of those left fits into ``budget`` tokens in all."""
        passed: list[tuple[float, int, int, int, int]] = []
        while self._heap:
            entry = heapq.heappop(self._heap)
            _, number, piece, segment, _ = entry
            price = self._price(number, piece, segment)
            if price is None:
                continue
            if self.used + price > budget:
                passed.append(entry)  # a later, larger budget may take it
                continue
            self.used += price
            self._take(number, piece, segment)
        heapq.heapify(passed)
        self._heap = passed

    def _price(self, number: int, piece: int, segment: int) -> int | None:
        """Tokens that an upgrade adds now, None where it is already in."""
        group = self.groups[number]
        if group.folded:
            return self._opening(number) + (group.pieces[piece].price(segment) if piece >= 0 else 0)
        if piece < 0 or group.pieces[piece].whole or segment in group.pieces[piece].kept:
            return None
        return group.pieces[piece].price(segment)

    def _opening(self, number: int) -> int:
        """What unfolding a group adds: its cheapest form, and a marker more or less beside it."""
        left = number > 0 and self.groups[number - 1].folded
        right = number + 1 < len(self.groups) and self.groups[number + 1].folded
        return self.groups[number].cheapest + self.fold_cost * (left + right - 1)

    def _take(self, number: int, piece: int, segment: int) -> None:
        group = self.groups[number]
        opened = group.folded
        group.folded = False
        if piece >= 0:
            group.pieces[piece].keep(segment)
        if opened:
            self._offer(number)
            for beside in (number - 1, number + 1):  # unfolding is cheaper now
                if 0 <= beside < len(self.groups) and self.groups[beside].folded:
                    self._offer(beside)
        elif piece >= 0:
            for beside in (segment - 1, segment + 1):
                if 0 <= beside < len(group.pieces[piece].costs):
                    self._push(number, piece, beside)

    def _offer(self, number: int) -> None:
        """Puts what a group has to offer on the heap: to be unfolded, or its segments."""
        group = self.groups[number]
        if not group.folded:
            for place, piece in enumerate(group.pieces):
                for segment in range(len(piece.costs)):
                    self._push(number, place, segment)
            return
        place, segment, value = -1, -1, group.value
        for where, piece in enumerate(group.pieces):
            best = max(range(len(piece.values)), key=piece.values.__getitem__)
            if piece.values[best] > value:
                value, place, segment = piece.values[best], where, best
        self._push(number, place, segment, value)

    def _push(self, number: int, place: int, segment: int, value: float | None = None) -> None:
        price = self._price(number, place, segment)
        if price is None:
            return
        if value is None:
            value = self.groups[number].pieces[place].values[segment]
        density = value / max(price, 1) ** DENSITY_EXPONENT if price > 0 else float("inf")
        heapq.heappush(self._heap, (-density, number, place, segment, price))
