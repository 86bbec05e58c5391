"""The budget: which messages are folded, which texts are stubs, and which segments stay.

Everything starts at its cheapest form. Then the upgrade with the most value per token is taken, again and
again, with measured costs, until nothing more fits. It knows tokens and values, not what a message is.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from . import weights as tuning

_MAX_DOUBLINGS = 32  # doublings of the number of kept segments of a text, which has fewer


@dataclass(slots=True)
class Piece:
    """A text that may be a stub, an excerpt or whole, with its segments' costs and values, in tokens."""

    full: int
    stub: int
    head: int  # what stands before the segments as soon as one is kept
    gap: int  # what the first marker between kept segments costs, which says the key
    more: int  # what every further one costs
    costs: Sequence[int]
    values: Sequence[float]
    facts: Sequence[frozenset[int]]  # of each segment, by number
    stale: int = 0  # from 1 for the newest of what is out of date: taken last, and only if all before it are
    picked: Set[int] = frozenset()  # segments that the question picks out: taken before all others
    kept: set[int] = field(default_factory=set)
    gaps: int = 0
    named: dict[int, list[str]] = field(default_factory=dict)  # segment left out -> names told in the marker

    @property
    def whole(self) -> bool:
        return len(self.kept) == len(self.costs)

    @property
    def cost(self) -> int:
        """Tokens in the present form."""
        if not self.kept:
            return self.stub
        return self.full if self.whole else self.head + sum(self.costs[i] for i in self.kept) + self._marks(self.gaps)

    def price(self, segment: int) -> int:
        """What keeping one more segment adds."""
        cost, last = self.costs[segment], len(self.costs) - 1
        if self.kept:
            change = self._change(segment)
            if not change:
                return cost
            gaps = self.gaps + change
            return cost + (change * self.more if gaps and self.gaps else self._marks(gaps) - self._marks(self.gaps))
        if not last:
            return self.full - self.stub
        return self.head + cost + self._marks((segment > 0) + (segment < last)) - self.stub

    def keep(self, segment: int) -> None:
        self.gaps += self._change(segment)
        self.kept.add(segment)

    def clear(self) -> None:
        self.kept.clear()
        self.gaps = 0

    def _change(self, segment: int) -> int:
        """How many gaps more there are with one more segment."""
        kept = self.kept
        left = segment > 0 and segment - 1 not in kept
        right = segment < len(self.costs) - 1 and segment + 1 not in kept
        return left + right - 1 if kept else left + right

    def _marks(self, gaps: int) -> int:
        return self.gap + (gaps - 1) * self.more if gaps else 0


@dataclass(slots=True)
class Group:
    """Messages that are kept or folded together.

    ``fixed`` is what they cost beside their pieces; ``value`` what that part is worth by itself.
    """

    fixed: int
    value: float
    facts: frozenset[int]
    pieces: list[Piece]
    foldable: bool
    told: bool = False  # what is kept of it stands within the fold
    folded: bool = False
    open: bool = False  # something of it is shown
    cheapest: int = 0  # tokens when open, with every piece as a stub
    named: dict[int, list[str]] = field(default_factory=dict)  # 0 -> names told in the marker of the fold
    before: int = 0  # tokens of what stands before a fold that begins with it
    behind: int = 0  # and of what stands behind one that ends with it


class Fit:
    """Chooses the form of everything, in place; ``fill`` may be called again with more budget."""

    def __init__(
        self, groups: Sequence[Group], fold_cost: int, weights: Sequence[float], shown: frozenset[int]
    ) -> None:
        self.groups = groups
        self.fold_cost = fold_cost
        self._weights = weights  # of facts, by number
        self._shown = set(shown)
        tuned = tuning.WEIGHTS
        self._exponent = tuned.density_exponent
        self._entity_value = tuned.entity_value
        self._picked_value = tuned.picked_value
        # The more of a text is kept, the less the next segment of it says that is new: so texts that nothing is kept of
        # come sooner to their best. By the bit length of the number of kept segments: 0, 1, 2-3, 4-7 …
        self._later = tuple(tuned.diminishing_factor**doublings for doublings in range(_MAX_DOUBLINGS))
        self._heap: list[tuple[float, int, int, int]] = []
        self._start()
        self.floor = self.used = self._total()

    @property
    def shown(self) -> Set[int]:
        """The facts that can be read, by number."""
        return self._shown

    def _start(self) -> None:
        """Everything in its cheapest form."""
        for group in self.groups:
            group.folded = group.foldable
            group.open = not group.folded
            group.cheapest = group.fixed
            for piece in group.pieces:
                piece.clear()
                group.cheapest += piece.stub
        for first, last in self._runs():
            run = self.groups[first:last]
            if sum(group.cheapest for group in run) <= self._fold(first, last) and not any(group.told for group in run):
                for group in run:
                    group.folded = False
                    group.open = True
            else:
                self._trim(first, last)
        for group in self.groups:
            if group.open:
                self._shown |= group.facts
        for number in range(len(self.groups)):
            self._offer(number)

    def _trim(self, first: int, last: int) -> None:
        """Takes groups out of the ends of a fold that cost no more than the message beside it that they make needed."""
        groups = self.groups

        def cheaper(end: int, inner: int, edge: str) -> bool:
            if last - first < 2 or groups[end].told:
                return False
            return bool(groups[end].cheapest <= getattr(groups[end], edge) - getattr(groups[inner], edge))

        while cheaper(first, first + 1, "before"):
            groups[first].folded, groups[first].open = False, True
            first += 1
        while cheaper(last - 1, last - 2, "behind"):
            last -= 1
            groups[last].folded, groups[last].open = False, True

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
        shown = sum(group.fixed + sum(piece.cost for piece in group.pieces) for group in self.groups if group.open)
        return shown + sum(self._fold(first, last) for first, last in self._runs())

    def _fold(self, first: int, last: int) -> int:
        """What the fold of a run of groups costs; ``last`` is one past it."""
        return self.fold_cost + self.groups[first].before + self.groups[last - 1].behind

    def fill(self, budget: int) -> None:
        """Takes upgrades until none of those left fits into ``budget`` tokens in all."""
        heap = self._heap
        passed: list[tuple[float, int, int, int]] = []
        full = False  # for what is stale
        while heap:
            upgrade = known, number, place, segment = heapq.heappop(heap)
            if (price := self._price(number, place, segment)) is None:
                continue
            if self.used + price > budget or (full and known > 0):
                full = full or known > 0
                passed.append(upgrade)  # a later, larger budget may take it
                continue
            rank = -self._density(number, place, segment, price)
            if rank > known and heap and rank > heap[0][0]:
                # something taken since shows what this would have shown: it waits its turn
                heapq.heappush(heap, (rank, number, place, segment))
            else:
                self.used += price
                self._take(number, place, segment)
        heapq.heapify(passed)
        self._heap = passed

    def _price(self, number: int, place: int, segment: int) -> int | None:
        """The tokens that an upgrade adds now; None where it is already in."""
        group = self.groups[number]
        if not group.open:
            opening = self._opening(number)
            return opening + group.pieces[place].price(segment) if place >= 0 else opening
        if place < 0:
            return None
        piece = group.pieces[place]
        return None if segment in piece.kept else piece.price(segment)

    def _density(self, number: int, place: int, segment: int, price: int) -> float:
        """What an upgrade that adds so many tokens is worth for each of them, damped.

        It is worth its relevance, and the facts that nothing kept shows yet; what is stale less than nothing.
        """
        if price <= 0:
            return float("inf")
        group = self.groups[number]
        if group.open:
            piece = group.pieces[place]
            value, facts = piece.values[segment], piece.facts[segment]
            if not group.told:  # a fold is one text, whatever its lines are of
                value *= self._later[len(piece.kept).bit_length()]
        else:
            value, facts = group.value, group.facts
            if place >= 0:
                piece = group.pieces[place]
                value = max(value, piece.values[segment])
                facts = facts | piece.facts[segment] if facts else piece.facts[segment]
        if place >= 0 and piece.stale:
            return -float(piece.stale)
        density: float = value / price**self._exponent
        if place >= 0 and segment in piece.picked:
            density += self._picked_value
        if facts:
            density += self._entity_value * sum(map(self._weights.__getitem__, facts - self._shown)) / price
        return density

    def _opening(self, number: int) -> int:
        """What opening a group adds: its cheapest form, and a marker more or less beside it where it unfolds."""
        if self.groups[number].told:
            return self.groups[number].cheapest
        left = number > 0 and self.groups[number - 1].folded
        right = number + 1 < len(self.groups) and self.groups[number + 1].folded
        edges = self.groups[number - 1].behind if left else -self.groups[number].before
        edges += self.groups[number + 1].before if right else -self.groups[number].behind
        return self.groups[number].cheapest + self.fold_cost * (left + right - 1) + edges

    def _take(self, number: int, place: int, segment: int) -> None:
        group = self.groups[number]
        opened = not group.open
        group.open = True
        group.folded = group.told
        if opened:
            self._shown |= group.facts
        if place >= 0:
            group.pieces[place].keep(segment)
            self._shown |= group.pieces[place].facts[segment]
        if opened:
            self._offer(number)
            for beside in () if group.told else (number - 1, number + 1):  # unfolding is cheaper now
                if 0 <= beside < len(self.groups) and not self.groups[beside].open:
                    self._offer(beside)
        elif place >= 0:
            for beside in (segment - 1, segment + 1):
                if 0 <= beside < len(group.pieces[place].costs):
                    self._push(number, place, beside)

    def _offer(self, number: int) -> None:
        """Puts what a group has to offer on the heap: to be unfolded with its best segment, or its segments."""
        group = self.groups[number]
        if group.open:
            for place, piece in enumerate(group.pieces):
                for segment in range(len(piece.costs)):
                    self._push(number, place, segment)
            return
        self._push(number, -1, -1)
        for place, piece in enumerate(group.pieces):
            if not piece.stale:  # it would be opened for that
                best = max(range(len(piece.values)), key=piece.values.__getitem__)
                self._push(number, place, best)

    def _push(self, number: int, place: int, segment: int) -> None:
        price = self._price(number, place, segment)
        if price is not None:
            heapq.heappush(self._heap, (-self._density(number, place, segment, price), number, place, segment))
