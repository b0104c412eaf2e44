"""Selections of reports and exports: read from text, and resolved to numbers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import day_text
from daybook.documents.models import StoredDocument
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.meant_ids import meant_ids
from daybook.ledger.models import Customer, Ledger, Product
from daybook.ledger.pins import Pin, mark_not_recorded
from daybook.ledger.roll_forward import ROLLED_FORWARD
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

Resolved = TypeVar("Resolved")


def parse_selection(parameters: Mapping[str, Sequence[str]]) -> Selection:
    """Read a selection from the texts of options or query strings.

    Names are those of `FILTERS`; empty values count as absent, and repeated values
    once. Raises Rejected with everything that can't be read.
    """
    selection, unfit = read_selection(parameters)
    if unfit:
        raise Rejected(
            [Problem(why.code, str(why), (filter_.name,)) for filter_, why in unfit]
        )
    return selection


def read_selection(
    parameters: Mapping[str, Sequence[str]],
) -> tuple[Selection, list[tuple[Filter, Unfit]]]:
    """As `parse_selection`, but returns what can't be read, and leaves it out."""
    values: dict[str, Any] = {}
    unfit: list[tuple[Filter, Unfit]] = []
    for filter_ in FILTERS:
        texts = dict.fromkeys(map(str.strip, parameters.get(filter_.name, ())))
        texts.pop("", None)
        if len(texts) > 1 and not filter_.is_many:
            why = Unfit(ProblemCode.INVALID_VALUE, None, give_one(texts))
            unfit.append((filter_, why))
            continue
        read = []
        for text in texts:
            try:
                read.append(filter_.kind.read(text))
            except Unfit as why:
                unfit.append((filter_, why))
        if read and read != [None]:
            values[filter_.field] = tuple(read) if filter_.is_many else read[0]
    return Selection(**values), unfit


def selection_text(selection: Selection) -> str:
    """A selection as a query string, `customer=cus_1&from=2025-01-01`.

    It is empty if everything is selected. `parse_selection` reads it, except for a
    `document`, which only the API can name.
    """
    every, pairs = Selection(), list[tuple[str, str]]()
    for filter_ in FILTERS:
        value = getattr(selection, filter_.field)
        if value != getattr(every, filter_.field):
            values = value if filter_.is_many else [value]
            pairs += [(filter_.name, filter_.kind.write(item)) for item in values]
    if selection.document is not None:
        kind, external_id = selection.document
        pairs.append(("document", f"{kind.name}:{external_id}"))
    return urlencode(sorted(pairs), quote_via=quote)


async def resolve(
    session: AsyncSession, pin: Pin, selection: Selection, purpose: Purpose
) -> JournalFilter:
    """Resolve the names of a selection; raises Rejected with all problems.

    The paths of problems are names of filters, or `document`.
    """
    problems = contradictions(selection)
    problems += await _unknown_recordings(session, pin, selection)
    looking = LookUp(session, pin, problems)
    resolved: dict[str, Any] = {
        "sources": sources_of(selection),
        "include_scheduled": selection.includes_scheduled(purpose),
    }
    for filter_ in FILTERS:
        value = getattr(selection, filter_.field)
        if filter_.selects is None or filter_.name in _APART or value is None:
            continue
        if not isinstance(filter_.kind, OwnId):
            resolved[filter_.selects] = value
        elif filter_.kind.document is None:
            resolved[filter_.selects] = await looking.party(filter_.name, value)
        else:
            number = await looking.document(filter_.name, filter_.kind.document, value)
            resolved[filter_.selects] = number
    if selection.document is not None:
        resolved["document_id"] = await looking.document(
            "document", *selection.document
        )
    if problems:
        raise Rejected(problems)
    return JournalFilter(**resolved)


async def resolve_in_each(
    pins: Sequence[Pin], resolve_in: Callable[[Pin], Awaitable[Resolved]]
) -> list[tuple[Pin, Resolved]]:
    """Resolve a selection in each ledger; those without a document of it are left out.

    Raises Rejected with the problems of all ledgers if none is left.
    """
    found: list[tuple[Pin, Resolved]] = []
    problems: dict[Problem, None] = {}
    for pin in pins:
        try:
            found.append((pin, await resolve_in(pin)))
        except Rejected as rejected:
            problems |= dict.fromkeys(rejected.problems)
    if not found:
        raise Rejected([*problems])
    return found


_APART = {"source", "include_scheduled"}
"""Filters that another filter or the purpose has a part in."""


def contradictions(selection: Selection) -> list[Problem]:
    """Problems of values that contradict each other."""
    problems = []
    start, end = selection.posted_from, selection.posted_to
    if start is not None and end is not None and start > end:
        message = (
            f"the range ends on {day_text(end)}, before it starts on {day_text(start)}"
        )
        problems.append(Problem(ProblemCode.INVALID_PERIOD, message, ("to",)))
    if selection.column is not None and selection.account not in ROLLED_FORWARD:
        message = "a column is of a roll-forward: give the account DEFERRED or UNBILLED"
        problems.append(Problem(ProblemCode.MISMATCH, message, ("column",)))
    if selection.against is not None and selection.account is None:
        message = "two accounts are needed: give the one that it moved against, too"
        problems.append(Problem(ProblemCode.MISMATCH, message, ("against",)))
    if selection.unscheduled and selection.deferred_on is None:
        message = "what is unscheduled is so on a day: give it, too (deferred on)"
        problems.append(Problem(ProblemCode.MISMATCH, message, ("unscheduled",)))
    documents = selection.documents()
    if len(set(documents.values())) > 1:
        message = "a journal belongs to one document: name one"
        last = list(documents)[-1]
        problems.append(Problem(ProblemCode.MISMATCH, message, (last,)))
    return problems + _unsteady(selection)


_UNSTEADY = (
    *("billing_schedule", "shifted", "revised", "voided", "partly_scheduled"),
    *("deferred_on", "search"),
)
"""Filters that journals leave, so that a list of what changed would miss them."""


def _unsteady(selection: Selection) -> list[Problem]:
    """Problems of filters by which a list of what changed would miss something."""
    if selection.changed_after is None:
        return []
    names = [name for name in _UNSTEADY if getattr(selection, name) is not None]
    if selection.excludes_recognized:
        names.append("exclude_fully_recognized")
    return [
        Problem(
            ProblemCode.MISMATCH,
            "a list of what changed would miss journals that left what"
            f" {name.replace('_', ' ')!r} selects: read what changed without it",
            (name,),
        )
        for name in names
    ]


async def _unknown_recordings(
    session: AsyncSession, pin: Pin, selection: Selection
) -> list[Problem]:
    """Problems of a mark after the pin, or that the ledger hasn't come to at all."""
    if (mark := selection.changed_after) is None or mark <= pin.recording:
        return []
    ledger = await session.get_one(Ledger, pin.ledger_id)
    if mark <= ledger.recordings:
        message = (
            f"recording {mark} is after recording {pin.recording}, as of which the"
            f" {pin.currency} ledger is read"
        )
    else:
        message = mark_not_recorded(pin._replace(recording=ledger.recordings), mark)
    return [Problem(ProblemCode.NOT_FOUND, message, ("changed_after",))]


def sources_of(selection: Selection) -> tuple[SourceKind, ...] | None:
    """The kinds of documents that both the source and the type select."""
    if selection.journal_type is None:
        return selection.sources
    of_type = selection.journal_type.sources
    if selection.sources is None:
        return of_type
    return tuple(kind for kind in selection.sources if kind in of_type)


@dataclass(frozen=True, slots=True)
class LookUp:
    """Looks up the names of a selection, and adds a problem for each unknown one."""

    session: AsyncSession
    pin: Pin
    problems: list[Problem]

    async def party(self, name: str, external_id: str) -> int | None:
        """Daybook's own number of a customer or product."""
        party = _PARTIES[name]
        number: int | None = None
        meant = ""
        if can_be_stored(external_id):
            is_ours = party.organisation_id == self.pin.organisation_id
            number = await self.session.scalar(
                select(party.id).where(is_ours, party.external_id == external_id)
            )
            if number is None:
                meant = await meant_ids(
                    self.session, party, party.name, [is_ours], external_id
                )
        if number is None:
            self._note(name, f"there is no {name} {external_id!r}{meant}")
        return number

    async def document(
        self, name: str, kind: SourceKind, external_id: str
    ) -> int | None:
        """Daybook's own number of a document in the pinned ledger."""
        number: int | None = None
        meant = ""
        if can_be_stored(external_id):
            of_kind = [
                StoredDocument.ledger_id == self.pin.ledger_id,
                StoredDocument.kind == int(kind),
            ]
            number = await self.session.scalar(
                select(StoredDocument.id).where(
                    *of_kind, StoredDocument.external_id == external_id
                )
            )
            if number is None:
                meant = await meant_ids(
                    *(self.session, StoredDocument, StoredDocument.number),
                    *(of_kind, external_id),
                )
        if number is None:
            noun = kind.name.lower() if name == "document" else name
            what = f"{noun.replace('_', ' ')} {external_id!r}"
            where = f"in the {self.pin.currency} ledger"
            self._note(name, f"there is no {what} {where}{meant}")
        return number

    def _note(self, name: str, message: str) -> None:
        self.problems.append(Problem(ProblemCode.NOT_FOUND, message, (name,)))


_PARTIES: Mapping[str, type[Customer | Product]] = {
    "customer": Customer,
    "product": Product,
}
