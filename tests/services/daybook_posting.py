"""Domain rule 5: on which days service days are posted, as each recording left them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

from daybook.calendar import Day
from daybook.ledger.rules import Role
from daybook_family_oracle import Item
from daybook_oracle import Net, without_zeros
from daybook_stored import Posted

Place = tuple[Day, Role, Role]
"""A service day, and a pair of accounts."""
Change = tuple[Place, Day, int]
"""A service day, where it is posted, and what more of it is."""

OF_NO_INVOICE = (Role.UNBILLED, Role.RECOGNIZED)
"""What is earned before it is billed keeps its days; the rest of a family doesn't."""


class Postings:
    """What each service day's amounts are posted on, recording after recording."""

    def __init__(self) -> None:
        self.items: dict[int, Item] = {}
        self.places: dict[int, dict[Place, dict[Day, int]]] = defaultdict(dict)

    def record(
        self, nets: Mapping[Item, Net], locked_through: Callable[[Day], Day]
    ) -> None:
        """Post what one recording changes, under the lock of that time.

        `nets` are those of whole families; families that it leaves out stay.
        `locked_through` is the last locked day for a document of an accounting date.
        """
        self.items |= {item.number: item for item in nets}
        for item, net in nets.items():
            with_ = item.posts_with
            first = 0 if with_ is None else with_.first
            self._record(item, net, locked_through(item.a), first)

    def first_posting(self, item: Item) -> Day:
        """Where a lock moved an item's billed leg, or its invoice's while it has none.

        0 where none did: then its accounting date is the first.
        """
        key = item.document.key
        of_invoice = [
            self.places[number]
            for number, other in self.items.items()
            if other.document.key == key and other.posts_with is other
        ]
        own = [self.places[item.number]] if item.number in self.places else []
        for legs in (own, of_invoice):
            found = _first_billed(legs, item.a)
            if found is not None:
                on, is_moved = found
                return on if is_moved and on > item.a else 0
        return 0

    def _record(self, item: Item, net: Net, lock: Day, first: Day) -> None:
        """Post an item's places, none but what is earned before `first`."""
        places = self.places[item.number]
        one_entry: dict[tuple[Role, Role, Day], list[Change]] = defaultdict(list)
        for place in {**dict.fromkeys(places), **net}:
            day, debit, credit = place
            start = 0 if (debit, credit) == OF_NO_INVOICE else first
            posted = places.setdefault(place, {})
            for on, amount in _changes(day, posted, net.get(place, 0), start):
                its_day = on if on > lock else lock + 1
                if its_day == day:
                    _post(posted, its_day, amount)
                else:
                    change = (place, its_day, amount)
                    one_entry[debit, credit, its_day].append(change)
        for changes in one_entry.values():
            # An entry of nothing isn't made: what it stands for stays as it was.
            if sum(amount for *_, amount in changes):
                for place, on, amount in changes:
                    _post(places[place], on, amount)

    @property
    def serviced(self) -> Posted:
        """What it is for, by document, product and service day."""
        total: Counter[tuple[str, str, Day, Role, Role]] = Counter()
        for item, (day, debit, credit), posted in self._all():
            key = (item.document.id, item.product, day, debit, credit)
            total[key] += sum(posted.values())
        return without_zeros(total)

    @property
    def posted(self) -> Posted:
        """What is posted, by document, product and day."""
        total: Counter[tuple[str, str, Day, Role, Role]] = Counter()
        for item, (_, debit, credit), posted in self._all():
            for on, amount in posted.items():
                total[item.document.id, item.product, on, debit, credit] += amount
        return without_zeros(total)

    def posted_of(self, item: Item) -> Net:
        """What is posted of one item, by day."""
        total: Counter[tuple[Day, Role, Role]] = Counter()
        for (_, debit, credit), posted in self.places[item.number].items():
            for on, amount in posted.items():
                total[on, debit, credit] += amount
        return without_zeros(total)

    def _all(self) -> Iterable[tuple[Item, Place, dict[Day, int]]]:
        for number, places in self.places.items():
            for place, posted in places.items():
                yield self.items[number], place, posted


def _changes(
    day: Day, posted: Mapping[Day, int], wanted: int, first: Day
) -> Iterable[tuple[Day, int]]:
    """What a service day's amounts need to come to what is wanted, and where."""
    difference = wanted - sum(posted.values())
    if not difference:
        return
    if wanted:
        moved = [on for on in posted if on != day]
        yield max(first, max(moved, default=day)), difference
        return
    # All of it is mirrored on its own dates, where those are open.
    for on, amount in list(posted.items()):
        if amount:
            yield on, -amount


def _post(posted: dict[Day, int], on: Day, amount: int) -> None:
    posted[on] = posted.get(on, 0) + amount


def _first_billed(
    legs: Iterable[Mapping[Place, Mapping[Day, int]]], accounting_date: Day
) -> tuple[Day, bool] | None:
    """When something is first billed, and whether a lock moved it there."""
    billed: Counter[Day] = Counter()
    moved = set()
    its_own = set()
    for places in legs:
        for (day, debit, _), posted in places.items():
            if debit is Role.BILLED:
                for on, amount in posted.items():
                    billed[on] += amount
                    moved |= {on} - {day}
                    if day == accounting_date:
                        its_own |= {on} - {day}
    first = min((on for on, amount in billed.items() if amount), default=None)
    dates = [one for one in (first, max(its_own, default=None)) if one is not None]
    return (min(dates), bool(its_own) or first in moved) if dates else None
