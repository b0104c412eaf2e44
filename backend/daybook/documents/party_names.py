"""Which names of customers and products the documents of a batch decide. Pure.

The last document that was recorded or revised decides, and a void never does. A product
that a document names without a category keeps the one it has. Where a party has no id
but its name, in lower case, a name that differs from the recorded one only in case or
spaces is another spelling of it, and renames only once a revised document has it and no
document has the recorded one any more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from daybook.documents.rules import (
    CustomerDetails,
    Document,
    DocumentStatus,
    ProductDetails,
)
from daybook.folding import folded
from daybook.ledger.rules import SourceKind

PartyDetails: TypeAlias = CustomerDetails | ProductDetails
Names: TypeAlias = tuple[str, str | None]
"""A customer's name and legal name, or a product's name and category."""


@dataclass(frozen=True)
class NamingDocuments:
    """The documents of a batch that say names.

    `changed` are those to record, `unchanged` the others; `known` are the keys of those
    that were recorded before.
    """

    changed: Iterable[Document]
    unchanged: Iterable[Document] = ()
    known: AbstractSet[tuple[SourceKind, str]] = field(default_factory=frozenset)

    @cached_property
    def customers(self) -> "NamedParties":
        """The customers that changed documents name."""
        return NamedParties(self, CustomerDetails)

    @cached_property
    def products(self) -> "NamedParties":
        """The products that changed documents name."""
        return NamedParties(self, ProductDetails)


class NamedParties:
    """The customers, or the products, of a batch's changed documents.

    `details` are what decides their names, by the sender's own ids.
    """

    def __init__(self, documents: NamingDocuments, kind: type[PartyDetails]) -> None:
        self._documents = documents
        self._kind = kind
        by_voids: dict[str, PartyDetails] = {}
        self.details: dict[str, PartyDetails] = {}
        for document in documents.changed:
            details = by_voids if _is_void(document) else self.details
            for party in _named(document, kind):
                details[party.id] = _with_category(party, details.get(party.id))
        self._only_by_voids = by_voids.keys() - self.details.keys()
        for id_ in self._only_by_voids:
            self.details[id_] = by_voids[id_]

    def names_after(self, id_: str, before: Names) -> Names:
        """What a recorded party is called from now on; `before`, if nothing renames it.

        A document that leaves the category out doesn't take it away.
        """
        name, more = names_of(self.details[id_])
        now = (name, before[1] if more is None else more)
        if before == now or id_ in self._only_by_voids:
            return before
        if not _is_spelling(id_, before, now):
            return now
        spellings = self._spellings[id_]
        is_named_so = before in spellings or (before[0], None) in spellings
        return now if id_ in self._revised and not is_named_so else before

    @cached_property
    def _revised(self) -> AbstractSet[str]:
        """The ids that revised documents name."""
        known = self._documents.known
        return {
            party.id
            for document in self._documents.changed
            if document.key in known and not _is_void(document)
            for party in _named(document, self._kind)
        }

    @cached_property
    def _spellings(self) -> Mapping[str, AbstractSet[Names]]:
        """All names by the ids, of all documents of the batch but voids."""
        spellings: dict[str, set[Names]] = defaultdict(set)
        for documents in (self._documents.changed, self._documents.unchanged):
            for document in documents:
                if not _is_void(document):
                    for party in _named(document, self._kind):
                        spellings[party.id].add(names_of(party))
        return spellings


def names_of(party: PartyDetails) -> Names:
    """A party's two names."""
    if isinstance(party, CustomerDetails):
        return party.name, party.legal_name
    return party.name, party.category


def _with_category(party: PartyDetails, earlier: PartyDetails | None) -> PartyDetails:
    """A party, with the category that earlier lines gave a product if it has none."""
    if isinstance(party, CustomerDetails) or not isinstance(earlier, ProductDetails):
        return party
    if party.category is not None or earlier.category is None:
        return party
    return replace(party, category=earlier.category)


def _named(document: Document, kind: type[PartyDetails]) -> Iterator[PartyDetails]:
    if kind is CustomerDetails:
        yield document.customer
        return
    for line in document.lines:
        if line.product is not None:
            yield line.product


def _is_void(document: Document) -> bool:
    return document.status is DocumentStatus.VOIDED


def _is_spelling(id_: str, before: Names, now: Names) -> bool:
    """Whether names differ only in case or spaces, and the id is such a name too."""
    return folded(now[0]) == id_ and _folded(before) == _folded(now)


def _folded(names: Names) -> tuple[str, str]:
    name, more = names
    return folded(name), folded(more or "")
