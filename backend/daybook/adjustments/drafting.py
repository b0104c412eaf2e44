"""From entered journals to versions: completed, checked and with their parties."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.adjusted import (
    Adjusted,
    check_exists,
    load_adjusted,
    mirror_legs,
)
from daybook.adjustments.changing import JournalChange
from daybook.adjustments.checking import storing_problems
from daybook.adjustments.legs import Leg
from daybook.adjustments.models import ManualLine, ManualStep, ManualVersion
from daybook.adjustments.rules import EnteredJournal
from daybook.adjustments.versions import Party, Version, VersionLine, number_of
from daybook.db.lists import rows_in_lists
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.models import Customer, Ledger, Product


@dataclass(frozen=True)
class Known:
    """What entered journals of a ledger name: by own ids or names, and by numbers."""

    adjusted: Mapping[int, Adjusted]
    customers: Mapping[str, Party]
    products: Mapping[str, Party]

    @cached_property
    def customers_by_number(self) -> Mapping[int, Party]:
        """The customers by their numbers."""
        return {party.number: party for party in self.customers.values()}

    @cached_property
    def products_by_number(self) -> Mapping[int, Party]:
        """The products by their numbers."""
        return {party.number: party for party in self.products.values()}


class Draft(NamedTuple):
    """A journal as it would be saved, and what stands against saving it."""

    version: Version
    problems: Sequence[Problem]


async def drafted(
    session: AsyncSession, ledger: Ledger, entered: EnteredJournal
) -> Version:
    """An entered journal as a version of its ledger, without number, step and time.

    Without customer and product it has those of the journal that it adjusts. It may be
    incomplete; raises Rejected with everything that can't be saved.
    """
    known = await load_known(session, ledger, [entered])
    version, problems = draft_of(ledger, entered, known)
    if problems:
        raise Rejected(problems)
    return version


def draft_of(ledger: Ledger, entered: EnteredJournal, known: Known) -> Draft:
    """The same with what is known of the names in it, and with its problems. Pure."""
    problems = storing_problems(entered)
    legs: list[Leg] = []
    if entered.adjusts is not None:
        adjusted = known.adjusted.get(entered.adjusts)
        try:
            found = check_exists(ledger, entered.adjusts, adjusted)
            if entered.mode is not None and entered.mode.has_mirror:
                legs = mirror_legs(found)
        except Rejected as rejected:
            problems += rejected.problems
        entered = _with_parties_of(entered, adjusted)
    problems += _unknown(entered, known)
    return Draft(_version(ledger, entered, known, legs), problems)


async def load_known(
    session: AsyncSession, ledger: Ledger, journals: Iterable[EnteredJournal]
) -> Known:
    """Load what entered journals of a ledger name, for all of them together."""
    journals = list(journals)
    numbers = {entered.adjusts for entered in journals if entered.adjusts is not None}
    adjusted = await load_adjusted(session, ledger, numbers)
    legs = [leg for its in adjusted.values() for leg in its.legs]
    return Known(
        adjusted,
        await _parties(
            *(session, ledger, Customer),
            {
                *(its.customer for its in adjusted.values()),
                *(entered.customer_id for entered in journals),
                *(line.customer_id for entered in journals for line in entered.lines),
            },
            {leg.customer_id for leg in legs},
        ),
        await _parties(
            *(session, ledger, Product),
            {
                *(its.product for its in adjusted.values()),
                *(entered.product_id for entered in journals),
                *(line.product_id for entered in journals for line in entered.lines),
            },
            {leg.account.product_id for leg in legs},
        ),
    )


async def write_version(
    journal: JournalChange, step: ManualStep, version: Version
) -> None:
    """Store what a step saved; the journal's state names it once the step ends."""
    session, row = journal.change.session, journal.row
    session.add(
        ManualVersion(
            organisation_id=row.organisation_id,
            step=step.id,
            number=row.number,
            version=step.version,
            ledger_id=version.ledger_id,
            kind=int(version.kind),
            day=version.day,
            narrative=version.narrative,
            customer_id=number_of(version.customer),
            product_id=number_of(version.product),
            adjusts=version.adjusts,
            mode=None if version.mode is None else int(version.mode),
            reverses_on=version.reverses_on,
        )
    )
    await session.flush()
    session.add_all(
        ManualLine(
            organisation_id=row.organisation_id,
            step=step.id,
            position=line.position,
            is_mirror=line.is_mirror,
            role=int(line.role),
            is_debit=line.is_debit,
            amount=line.amount,
            description=line.description,
            customer_id=number_of(line.customer),
            product_id=number_of(line.product),
        )
        for line in version.lines
    )
    await session.flush()


def _with_parties_of(
    entered: EnteredJournal, adjusted: Adjusted | None
) -> EnteredJournal:
    if adjusted is None:
        return entered
    return replace(
        entered,
        customer_id=entered.customer_id or adjusted.customer,
        product_id=entered.product_id or adjusted.product,
    )


async def _parties(
    session: AsyncSession,
    ledger: Ledger,
    kind: Any,
    ids: set[str | None],
    numbers: set[int | None],
) -> dict[str, Party]:
    """Parties by the sender's own ids, and those of some numbers.

    What is no id is looked up as a name, and found if a single party has it.
    """
    columns = [kind.id, kind.external_id, kind.name]
    columns += [kind.category] if kind is Product else []
    statement = select(*columns).where(kind.organisation_id == ledger.organisation_id)
    rows = [
        *await rows_in_lists(session, statement, kind.external_id.in_, _known(ids)),
        *await rows_in_lists(session, statement, kind.id.in_, _known(numbers)),
    ]
    found = {row.external_id: Party(*row) for row in rows}
    unknown = [text for text in _known(ids) if text not in found]
    by_name: dict[str, list[Party]] = defaultdict(list)
    for row in await rows_in_lists(session, statement, _is_named(kind), unknown):
        by_name[row.name.lower()].append(Party(*row))
    for text in unknown:
        if len(named := by_name[text.lower()]) == 1:
            found[text] = named[0]
    return found


def _is_named(kind: Any) -> Callable[[list[str]], ColumnElement[bool]]:
    """Whether one of some texts is a party's name; case doesn't count."""

    def is_named(texts: list[str]) -> ColumnElement[bool]:
        lowered = [text.lower() for text in texts]
        return or_(kind.name.in_(texts), func.lower(kind.name).in_(lowered))

    return is_named


def _known(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def _unknown(entered: EnteredJournal, known: Known) -> Iterator[Problem]:
    """Problems of customers and products that don't exist."""
    places: list[tuple[tuple[str, ...], str | None, str | None]] = [
        ((), entered.customer_id, entered.product_id)
    ]
    places += [
        (("lines", str(index)), line.customer_id, line.product_id)
        for index, line in enumerate(entered.lines)
    ]
    for path, customer_id, product_id in places:
        for what, id_, parties in (
            ("customer", customer_id, known.customers),
            ("product", product_id, known.products),
        ):
            if id_ is not None and id_ not in parties:
                message = (
                    f"{id_!r} is neither the id of a {what} nor the name of just one:"
                    f" give the id of a {what} that is on a document"
                )
                yield Problem(ProblemCode.NOT_FOUND, message, (*path, what))


def _version(
    ledger: Ledger, entered: EnteredJournal, known: Known, legs: Iterable[Leg]
) -> Version:
    """The version; parties that don't exist are left out."""
    customers, products = known.customers, known.products
    lines = [
        VersionLine(
            *(position, True, leg.account.role, leg.is_debit, leg.amount, ""),
            _by_number(known.customers_by_number, leg.customer_id),
            _by_number(known.products_by_number, leg.account.product_id),
        )
        for position, leg in enumerate(legs)
    ]
    lines += [
        VersionLine(
            *(position, False, line.role, line.is_debit, line.amount),
            line.description.strip(),
            customers.get(line.customer_id or ""),
            products.get(line.product_id or ""),
        )
        for position, line in enumerate(entered.lines, len(lines))
    ]
    return Version(
        number=0,
        version=0,
        step=0,
        ledger_id=ledger.id,
        currency=ledger.currency,
        kind=entered.kind,
        day=entered.day,
        narrative=entered.narrative.strip(),
        customer=customers.get(entered.customer_id or ""),
        product=products.get(entered.product_id or ""),
        adjusts=entered.adjusts,
        mode=entered.mode,
        reverses_on=entered.reverses_on,
        lines=tuple(lines),
    )


def _by_number(parties: Mapping[int, Party], number: int | None) -> Party | None:
    return None if number is None else parties[number]
