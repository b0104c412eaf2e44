"""What people select a report or export by: read from text, and looked up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import day_text
from daybook.documents.models import StoredDocument
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.models import Customer, Product
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.filter_kinds import OwnId, Unfit, give_one
from daybook.reports.journals.filters import (
    FILTERS,
    Filter,
    JournalFilter,
    Purpose,
    Selection,
)
from daybook.reports.searching import can_be_stored


def parse_selection(given: Mapping[str, Sequence[str]]) -> Selection:
    """Read a selection from text, as options and query strings give it.

    Names are those of `FILTERS`; empty values count as absent, and a value given twice
    as given once. Raises Rejected with everything that can't be read.
    """
    selection, unfit = read_selection(given)
    if unfit:
        raise Rejected([Problem(why.code, str(why), (one.name,)) for one, why in unfit])
    return selection


def read_selection(
    given: Mapping[str, Sequence[str]],
) -> tuple[Selection, list[tuple[Filter, Unfit]]]:
    """The same, with what can't be read beside it; that selects nothing."""
    values: dict[str, Any] = {}
    unfit: list[tuple[Filter, Unfit]] = []
    for one in FILTERS:
        texts = dict.fromkeys(map(str.strip, given.get(one.name, ())))
        texts.pop("", None)
        if len(texts) > 1 and not one.is_many:
            why = Unfit(ProblemCode.INVALID_VALUE, None, give_one(texts))
            unfit.append((one, why))
            continue
        read = []
        for text in texts:
            try:
                read.append(one.kind.read(text))
            except Unfit as why:
                unfit.append((one, why))
        if read and read != [None]:
            values[one.field] = tuple(read) if one.is_many else read[0]
    return Selection(**values), unfit


def selection_text(selection: Selection) -> str:
    """A selection as addresses have it, `customer=cus_1&from=2025-01-01`.

    Empty where it selects everything. `parse_selection` reads it; only a `document`
    that the API names by its id is written as no address has it.
    """
    every, pairs = Selection(), list[tuple[str, str]]()
    for one in FILTERS:
        value = getattr(selection, one.field)
        if value != getattr(every, one.field):
            values = value if one.is_many else [value]
            pairs += [(one.name, one.kind.write(its)) for its in values]
    if selection.document is not None:
        kind, external_id = selection.document
        pairs.append(("document", f"{kind.name}:{external_id}"))
    return urlencode(sorted(pairs), quote_via=quote)


async def resolve(
    session: AsyncSession, pin: Pin, wanted: Selection, purpose: Purpose
) -> JournalFilter:
    """Look up what a selection names; raises Rejected with everything that is wrong.

    The paths of its problems are names of filters, or `document`.
    """
    problems = contradictions(wanted)
    looking = _LookUp(session, pin, problems)
    resolved: dict[str, Any] = {
        "sources": _sources(wanted),
        "include_scheduled": wanted.includes_scheduled(purpose),
    }
    for one in FILTERS:
        value = getattr(wanted, one.field)
        if one.selects is None or one.name in _APART or value is None:
            continue
        if not isinstance(one.kind, OwnId):
            resolved[one.selects] = value
        elif one.kind.document is None:
            resolved[one.selects] = await looking.party(one.name, value)
        else:
            number = await looking.document(one.name, one.kind.document, value)
            resolved[one.selects] = number
    if wanted.document is not None:
        resolved["document_id"] = await looking.document("document", *wanted.document)
    if problems:
        raise Rejected(problems)
    return JournalFilter(**resolved)


_APART = {"source", "include_scheduled"}
"""Filters that say nothing alone: another one, or the purpose, has its part."""


def contradictions(wanted: Selection) -> list[Problem]:
    """What can't be asked for together, whatever there is."""
    problems = []
    start, end = wanted.posted_from, wanted.posted_to
    if start is not None and end is not None and start > end:
        message = (
            f"the range ends on {day_text(end)}, before it starts on {day_text(start)}"
        )
        problems.append(Problem(ProblemCode.INVALID_PERIOD, message, ("to",)))
    documents = wanted.documents()
    if len(set(documents.values())) > 1:
        message = "a journal belongs to one document: name one"
        last = list(documents)[-1]
        problems.append(Problem(ProblemCode.MISMATCH, message, (last,)))
    return problems


def _sources(wanted: Selection) -> tuple[SourceKind, ...] | None:
    """The kinds of documents that both the source and the type let pass."""
    if wanted.journal_type is None:
        return wanted.sources
    of_type = wanted.journal_type.sources
    if wanted.sources is None:
        return of_type
    return tuple(kind for kind in wanted.sources if kind in of_type)


@dataclass(frozen=True, slots=True)
class _LookUp:
    """Looks up what a selection names, and notes what isn't there."""

    session: AsyncSession
    pin: Pin
    problems: list[Problem]

    async def party(self, name: str, external_id: str) -> int | None:
        """Daybook's own number of a customer or product."""
        one = _PARTIES[name]
        number: int | None = None
        if can_be_stored(external_id):
            number = await self.session.scalar(
                select(one.id).where(
                    one.organisation_id == self.pin.organisation_id,
                    one.external_id == external_id,
                )
            )
        if number is None:
            self._note(name, f"there is no {name} {external_id!r}")
        return number

    async def document(
        self, name: str, kind: SourceKind, external_id: str
    ) -> int | None:
        """The same of a document in the pinned ledger."""
        one = StoredDocument
        number: int | None = None
        if can_be_stored(external_id):
            number = await self.session.scalar(
                select(one.id).where(
                    one.ledger_id == self.pin.ledger_id,
                    one.kind == int(kind),
                    one.external_id == external_id,
                )
            )
        if number is None:
            what = f"{name.replace('_', ' ')} {external_id!r}"
            self._note(name, f"there is no {what} in the {self.pin.currency} ledger")
        return number

    def _note(self, name: str, message: str) -> None:
        self.problems.append(Problem(ProblemCode.NOT_FOUND, message, (name,)))


_PARTIES: Mapping[str, type[Customer | Product]] = {
    "customer": Customer,
    "product": Product,
}
