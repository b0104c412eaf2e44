"""Domain rule 5: on which days service days are posted, as each recording left them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from daybook.calendar import Day
from daybook.ledger.rules import Role
from daybook_family_oracle import Item
from daybook_oracle import Net, without_zeros
from daybook_stored import Posted

Place = tuple[int, Day, Role, Role]
"""An item's number, a service day, and a pair of accounts."""
Change = tuple[Place, Day, int]
"""A service day, where it is posted, and what more of it is."""


class Postings:
    """What each service day's amounts are posted on, recording after recording."""

    def __init__(self) -> None:
        self.items: dict[int, Item] = {}
        self.places: dict[Place, dict[Day, int]] = defaultdict(dict)

    def record(self, nets: Mapping[Item, Net], lock: Day | None) -> None:
        """Post what one recording changes, under the lock of that time.

        `nets` are those of whole families; families that it leaves out stay.
        """
        self.items |= {item.number: item for item in nets}
        wanted = {
            (item.number, *key): amount
            for item, net in nets.items()
            for key, amount in net.items()
        }
        one_entry: dict[tuple[int, Role, Role, Day], list[Change]] = defaultdict(list)
        numbers = {item.number for item in nets}
        stored = [one for one in self.places if one[0] in numbers]
        for place in {**dict.fromkeys(stored), **wanted}:
            number, day, debit, credit = place
            for on, amount in self._changes(place, wanted.get(place, 0), lock or 0):
                if on == day:
                    self._post(place, on, amount)
                else:
                    one_entry[number, debit, credit, on].append((place, on, amount))
        for changes in one_entry.values():
            # An entry of nothing isn't made: what it stands for stays as it was.
            if sum(amount for *_, amount in changes):
                for change in changes:
                    self._post(*change)

    def _changes(
        self, place: Place, wanted: int, lock: Day
    ) -> Iterable[tuple[Day, int]]:
        """What a service day's amounts need to come to what is wanted, and where."""
        _, day, _, _ = place
        posted = self.places[place]
        difference = wanted - sum(posted.values())
        if not difference:
            return
        if wanted:
            moved = [on for on in posted if on != day]
            mirrored = {max(moved, default=day): difference}
        else:
            # All of it is mirrored on its own dates, where those are open.
            mirrored = {on: -amount for on, amount in posted.items() if amount}
        for on, amount in mirrored.items():
            yield (on if on > lock else lock + 1), amount

    def _post(self, place: Place, on: Day, amount: int) -> None:
        posted = self.places[place]
        posted[on] = posted.get(on, 0) + amount

    @property
    def serviced(self) -> Posted:
        """What it is for, by document, product and service day."""
        total: Counter[tuple[str, str, Day, Role, Role]] = Counter()
        for (number, day, debit, credit), posted in self.places.items():
            item = self.items[number]
            key = (item.document.id, item.product, day, debit, credit)
            total[key] += sum(posted.values())
        return without_zeros(total)

    @property
    def posted(self) -> Posted:
        """What is posted, by document, product and day."""
        total: Counter[tuple[str, str, Day, Role, Role]] = Counter()
        for (number, _, debit, credit), posted in self.places.items():
            item = self.items[number]
            for on, amount in posted.items():
                total[item.document.id, item.product, on, debit, credit] += amount
        return without_zeros(total)
