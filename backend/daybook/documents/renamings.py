"""Customers and products that an import calls otherwise, or moves to a category. Pure.

A name holds in all ledgers, and the mapping of accounts goes by the category.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from daybook.documents.party_names import Names

RENAMED_FIELDS = {
    "customer": ("name", "legal_name"),
    "product": ("name", "category"),
}
"""The two names of a party, in the order of `Names`."""
PartyKind: TypeAlias = Literal["customer", "product"]


class RenamedParty(NamedTuple):
    """A recorded customer or product, by its own id: its names before and after."""

    kind: PartyKind
    id: str
    before: Names
    after: Names


class Renaming(NamedTuple):
    """A name, a legal name or a category of a party that changes.

    `field` is one of `RENAMED_FIELDS`. Only a category may be empty before. `name` is
    what the party was called before.
    """

    kind: PartyKind
    id: str
    field: str
    before: str | None
    after: str
    name: str

    def words(self) -> str:
        """What changes: `product P1: Platform is renamed Platfrom`."""
        party = f"{self.kind} {self.id}: {self.name}"
        if self.field == "name":
            return f"{party} is renamed {self.after}"
        field = self.field.replace("_", " ")
        before = "" if self.before is None else f", no longer {self.before}"
        return f"{party} has the {field} {self.after}{before}"


class Renamings:
    """Collects the parties that an import renames, batch after batch."""

    def __init__(self) -> None:
        self._parties: dict[tuple[str, str], RenamedParty] = {}

    def add(self, renamed: Iterable[RenamedParty]) -> None:
        """Add those of a batch, later than the ones added before."""
        for party in renamed:
            first = self._parties.get((party.kind, party.id), party)
            self._parties[party.kind, party.id] = party._replace(before=first.before)

    def all(self) -> Sequence[Renaming]:
        """What differs after the import from what was before it."""
        return [
            renaming
            for party in self._parties.values()
            for renaming in _renamings_of(party)
        ]


def _renamings_of(party: RenamedParty) -> Iterator[Renaming]:
    name, more = party.before
    for field, before, after in zip(
        RENAMED_FIELDS[party.kind], party.before, party.after, strict=True
    ):
        # A legal name that is the name, before and after, is told with it.
        is_told = field == "legal_name" and (more, after) == (name, party.after[0])
        if after is not None and before != after and not is_told:
            yield Renaming(party.kind, party.id, field, before, after, name)
