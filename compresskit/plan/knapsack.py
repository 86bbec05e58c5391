"""The knapsack: chooses the messages that fold, the texts that become stubs, and the segments that fit a budget.

Everything starts in its cheapest form. Then the upgrade with the most value per token is taken, again and again, with
counted tokens, until nothing more fits. The knapsack knows tokens and values. It knows nothing of messages.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from . import weights as tuning
from .choice import FOLD, Choice
from .part_labels import NOWHERE, Labels

_MAX_DOUBLINGS = 32  # doublings of the number of kept segments of a text, which has fewer


@dataclass(frozen=True, slots=True)
class Forms:
    """The costs of a text as a stub, as an excerpt and whole, and the values of its segments."""

    full: int
    stub: int  # the stub that describes the text
    bare: int  # the shortest stub
    head: int  # the lines before the segments, as soon as one segment is kept
    gap: int  # the first marker between kept segments, which has the key
    more: int  # every further marker
    segments: Sequence[int]
    values: Sequence[float]
    entities: Sequence[frozenset[int]]  # of each segment, by number
    stale: int = 0  # 0 = current; stale texts are numbered from 1 (newest), and bought last and in this order
    picked: Set[int] = frozenset()  # segments that the question picks out: taken before all others
    must: Set[int] = frozenset()  # segments that are kept whenever the text is shown; then there is no stub
    most: int | None = None  # tokens of its form, maximum, unless what must stay costs more
    labels: Labels = NOWHERE  # labels of parts, which segments have and need
    said: Sequence[int] = ()  # tokens of each label in a marker
    shared: int = 0  # if its shortest stub is a part of one for several texts: tokens that showing it may add to others

    @property
    def least(self) -> int:
        """Tokens of the cheapest form."""
        return _Text(self, bare=True).cheapest


@dataclass(frozen=True, slots=True)
class Group:
    """Messages that are kept or folded together. ``forms`` are those of its candidates that have a choice.

    ``shared`` are the tokens of a marker that the shortest stubs of several texts share.
    """

    fixed: int  # tokens of everything besides the forms
    value: float  # value of the fixed part
    entities: frozenset[int]  # entities of the fixed part
    forms: Mapping[int, Forms]  # by number of the candidate
    foldable: bool
    quoted: bool = False  # whether its kept lines are quoted within the fold
    before: int = 0  # tokens of the message before a fold that begins with this group
    behind: int = 0  # tokens of the message behind a fold that ends with this group
    alone: bool = True  # whether it can fold without another group beside it
    shared: int = 0


class _Text:
    """The part of a text that is kept so far."""

    __slots__ = ("forms", "gaps", "kept", "labels", "read", "said", "shared", "stub", "taken", "used")

    def __init__(self, forms: Forms, bare: bool) -> None:
        self.forms = forms
        self.stub = forms.bare if bare else forms.stub
        self.shared = forms.shared if bare else 0
        self.kept: set[int] = set()
        self.gaps = 0
        self.read: set[int] = set()  # labels in what is kept
        self.said: set[int] = set()  # labels in markers
        self.labels = 0  # their tokens
        for segment in sorted(forms.must):
            self.keep(segment)
        self.taken = 0  # segments that were bought
        self.used = self.cheapest if forms.most is not None else 0  # tokens of what is kept so far, if bounded

    @property
    def cheapest(self) -> int:
        """The tokens of the cheapest form, with which the knapsack starts."""
        if not self.kept:
            return self.stub
        return (
            self.forms.head
            + sum(self.forms.segments[segment] for segment in self.kept)
            + self._marks(self.gaps)
            + self.labels
        )

    def price(self, segment: int) -> int:
        """Tokens that keeping one more segment adds."""
        forms = self.forms
        cost, last = forms.segments[segment], len(forms.segments) - 1
        if forms.said and last:
            cost += self._label(segment)
        if self.kept:
            change = self._change(segment)
            if not change:
                return cost
            gaps = self.gaps + change
            return cost + (change * forms.more if gaps and self.gaps else self._marks(gaps) - self._marks(self.gaps))
        if not last:
            return forms.full - self.stub + self.shared
        return forms.head + cost + self._marks((segment > 0) + (segment < last)) - self.stub + self.shared

    def fits(self, segment: int) -> bool:
        """Whether one more segment stays within the bound of the text."""
        return self.forms.most is None or self.used + self.price(segment) <= self.forms.most

    def buy(self, segment: int) -> None:
        """Keeps one more segment for its price."""
        if self.forms.most is not None:
            self.used += self.price(segment)
        self.taken += 1
        self.keep(segment)

    def keep(self, segment: int) -> None:
        self.gaps += self._change(segment)
        self.kept.add(segment)
        if self.forms.said:
            labels = self.forms.labels
            self.labels += self._label(segment)
            self.said.update(label for label in labels.around.get(segment, ()) if label not in self.read)
            self.read.update(labels.inside.get(segment, ()))
            self.said -= self.read

    def _label(self, segment: int) -> int:
        """The tokens of labels in markers that one more segment adds; below 0 if it has labels itself."""
        said, labels = self.forms.said, self.forms.labels
        known = self.said | self.read
        added = sum(said[label] for label in labels.around.get(segment, ()) if label not in known)
        return added - sum(said[label] for label in labels.inside.get(segment, ()) if label in self.said)

    def _change(self, segment: int) -> int:
        """The number of gaps that one more segment adds."""
        kept = self.kept
        left = segment > 0 and segment - 1 not in kept
        right = segment < len(self.forms.segments) - 1 and segment + 1 not in kept
        return left + right - 1 if kept else left + right

    def _marks(self, gaps: int) -> int:
        return self.forms.gap + (gaps - 1) * self.forms.more if gaps else 0


class Knapsack:
    """A knapsack that is filled once or in several steps. Nothing that is taken is given back.

    Args:
        groups: The groups in order.
        fold_cost: The tokens of a fold without quoted lines.
        weights: The weights of entities, by number.
        shown: The entities that can be read in any case.
        bare: Whether stubs are the shortest ones, which do not describe their texts.
        acts: How surely an agent's next step follows, from 0 to 1: the factor of the value of entities.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        fold_cost: int,
        weights: Sequence[float],
        shown: Set[int],
        bare: bool = False,
        acts: float = 1.0,
    ) -> None:
        self._groups = groups
        self._fold_cost = fold_cost
        self._weights = weights
        self._bare = bare
        self._shown = set(shown)
        self._texts = {number: _Text(forms, bare) for group in groups for number, forms in group.forms.items()}
        self._cheapest = [
            group.fixed + bare * group.shared + sum(self._texts[number].cheapest for number in group.forms)
            for group in groups
        ]
        self._folded = {number for number, group in enumerate(groups) if group.foldable}
        tuned = tuning.WEIGHTS
        self._exponent = tuned.density_exponent
        self._entity_value = tuned.entity_value * acts
        self._picked_value = tuned.picked_value
        # Each further segment of a text says less that is new, so its value diminishes, and other texts get their best
        # segments sooner. The index is the bit length of the number of bought segments: 0, 1, 2-3, 4-7 …
        self._later = tuple(tuned.diminishing_factor**doublings for doublings in range(_MAX_DOUBLINGS))
        for first, last in list(self._runs()):
            run = range(first, last)
            possible = len(run) > 1 or groups[first].alone
            pays = possible and self._fold(first, last) < sum(self._cheapest[number] for number in run)
            if not pays and not any(groups[number].quoted for number in run):
                self._folded.difference_update(run)
        self._opened: set[int] = set()
        for number in range(len(groups)):
            if number not in self._folded:
                self._open(number)
        self.floor = self.used = sum(self._cheapest[number] for number in self._opened) + sum(
            self._fold(first, last) for first, last in self._runs()
        )
        self._heap: list[tuple[float, int, int, int]] = []
        self._begun = False  # the heap is made by the first ``fill``

    @property
    def choice(self) -> Choice:
        """The choice so far."""
        kept = {
            number: frozenset(self._texts[number].kept)
            for group in self._opened
            for number in self._groups[group].forms
            if self._texts[number].kept
        }
        shown = frozenset(self._shown)
        return Choice(frozenset(self._folded), frozenset(self._opened), kept, shown, self.used, self._bare)

    def fill(self, budget: int) -> Choice:
        """Takes upgrades until no other fits. ``budget`` is the total of tokens, not an addition to an earlier one."""
        if not self._begun:
            self._begun = True
            for number in range(len(self._groups)):
                self._offer(number)
        heap = self._heap
        passed: list[tuple[float, int, int, int]] = []
        full = False  # for stale texts
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
                # a text that was taken meanwhile shows some of the same entities, so the upgrade is worth less now
                heapq.heappush(heap, (rank, number, place, segment))
            else:
                self.used += price
                self._take(number, place, segment)
        heapq.heapify(passed)
        self._heap = passed
        return self.choice

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Runs of folded groups, as (first, one past the last)."""
        first = None
        for number in range(len(self._groups) + 1):
            if number in self._folded:
                first = number if first is None else first
            elif first is not None:
                yield first, number
                first = None

    def _fold(self, first: int, last: int) -> int:
        """The tokens of the fold of the groups ``first`` to ``last`` (exclusive)."""
        return self._fold_cost + self._groups[first].before + self._groups[last - 1].behind

    def _price(self, number: int, place: int, segment: int) -> int | None:
        """The tokens that an upgrade adds now; None if it is already taken, or beyond the bound of its text."""
        text = self._texts[place] if place >= 0 else None
        if text is not None and not text.fits(segment):
            return None
        if number not in self._opened:
            opening = self._opening(number)
            return opening if text is None else opening + text.price(segment)
        return None if text is None or segment in text.kept else text.price(segment)

    def _density(self, number: int, place: int, segment: int, price: int) -> float:
        """The damped value per token of an upgrade that adds ``price`` tokens.

        The value is its relevance plus the entities that no kept text shows yet. Stale texts have negative values.
        """
        if price <= 0:
            return float("inf")
        group = self._groups[number]
        if number in self._opened:
            text = self._texts[place]
            forms = text.forms
            value, entities = forms.values[segment], forms.entities[segment]
            if not group.quoted:  # the quoted lines of a fold count as one text, so they do not diminish
                value *= self._later[text.taken.bit_length()]
        else:
            value, entities = group.value, group.entities
            if place >= 0:
                forms = self._texts[place].forms
                value = max(value, forms.values[segment])
                entities = entities | forms.entities[segment] if entities else forms.entities[segment]
        if place >= 0 and forms.stale:
            return -float(forms.stale)
        density: float = value / price**self._exponent
        if place >= 0 and segment in forms.picked:
            density += self._picked_value
        if entities and self._entity_value:
            density += self._entity_value * sum(map(self._weights.__getitem__, entities - self._shown)) / price
        return density

    def _opening(self, number: int) -> int:
        """The tokens that opening a group adds: its cheapest form, and the change in folds beside it if it unfolds."""
        groups, group = self._groups, self._groups[number]
        if group.quoted:
            return self._cheapest[number]
        first, last = self._unfolding(number)
        left, right = first - 1 in self._folded, last + 1 in self._folded
        edges = groups[first - 1].behind if left else -groups[first].before
        edges += groups[last + 1].before if right else -groups[last].behind
        shown = sum(self._cheapest[first : last + 1])
        return shown + self._fold_cost * (left + right - 1) + edges

    def _unfolding(self, number: int) -> tuple[int, int]:
        """The first and the last of the groups that leave a fold if one does: neighbours that cannot fold alone too."""
        first = last = number
        if self._needs(number - 1, number - 2):
            first = number - 1
        if self._needs(number + 1, number + 2):
            last = number + 1
        return first, last

    def _needs(self, number: int, other: int) -> bool:
        """Whether a group folds that cannot do so alone, and has no other neighbour in its fold than the one asked for.

        Args:
            number: The group.
            other: Its neighbour on the other side.
        """
        return number in self._folded and not self._groups[number].alone and other not in self._folded

    def _open(self, number: int) -> None:
        """Shows a group in its cheapest form."""
        self._opened.add(number)
        self._shown |= self._groups[number].entities
        for forms in self._groups[number].forms.values():
            for segment in forms.must:
                self._shown |= forms.entities[segment]

    def _take(self, number: int, place: int, segment: int) -> None:
        opens, quoted = number not in self._opened, self._groups[number].quoted
        first, last = self._unfolding(number) if opens and not quoted else (number, number)
        for opening in range(first, last + 1) if opens else ():
            self._open(opening)
            if not quoted:
                self._folded.discard(opening)
        if place >= 0:
            text = self._texts[place]
            text.buy(segment)
            self._shown |= text.forms.entities[segment]
        if opens:
            for opening in range(first, last + 1):
                self._offer(opening)
            for beside in () if quoted else (first - 1, last + 1):  # unfolding is cheaper now
                if 0 <= beside < len(self._groups) and beside not in self._opened:
                    self._offer(beside)
        elif place >= 0:
            for beside in (segment - 1, segment + 1):
                if 0 <= beside < len(text.forms.segments):
                    self._push(number, place, beside)

    def _offer(self, number: int) -> None:
        """Puts the upgrades of a group on the heap: its segments; if it folds, opening it with its best segment."""
        group = self._groups[number]
        if number in self._opened:
            for place, forms in group.forms.items():
                for segment in range(len(forms.segments)):
                    self._push(number, place, segment)
            return
        self._push(number, FOLD, FOLD)
        for place, forms in group.forms.items():
            if not forms.stale:  # a group is not opened for a stale text
                every = range(len(forms.values))
                optional = [segment for segment in every if segment not in forms.must] if forms.must else every
                self._push(number, place, max(optional, key=forms.values.__getitem__))

    def _push(self, number: int, place: int, segment: int) -> None:
        if place >= 0 and self._texts[place].forms.values[segment] < 0:
            return  # it is never worth its tokens
        price = self._price(number, place, segment)
        if price is not None:
            heapq.heappush(self._heap, (-self._density(number, place, segment, price), number, place, segment))
