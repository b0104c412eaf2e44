"""The journals that manual journals adjust: their mirrors, and whether they stand."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.legs import Account, Leg
from daybook.adjustments.models import ManualJournal, ManualVersion
from daybook.adjustments.pairing import Pair, mirror_of
from daybook.adjustments.rules import AdjustmentMode, Status, label, refused
from daybook.adjustments.versions import Version
from daybook.db.lists import rows_in_lists
from daybook.errors import ProblemCode
from daybook.ledger.models import Customer, Journal, JournalMovement, Ledger, Product
from daybook.ledger.rules import Role, SourceKind


class Adjusted(NamedTuple):
    """A journal of a ledger as it stands now, with its parties' own ids.

    `legs` are the lines that take it back; there are none if it nets to nothing.
    """

    number: int
    is_manual: bool
    customer: str | None
    product: str | None
    legs: tuple[Leg, ...]


async def load_adjusted(
    session: AsyncSession, ledger: Ledger, numbers: Collection[int]
) -> dict[int, Adjusted]:
    """The journals of a ledger with these numbers; absent ones are left out."""
    its, customer, product = Journal, Customer, Product
    statement = (
        select(
            *(its.number, its.source, its.customer_id, its.product_id),
            customer.external_id.label("customer"),
            product.external_id.label("product"),
        )
        .outerjoin(customer, _is_of(customer, ledger, its.customer_id))
        .outerjoin(product, _is_of(product, ledger, its.product_id))
        .where(its.ledger_id == ledger.id)
    )
    rows = await rows_in_lists(session, statement, its.number.in_, numbers)
    products = {row.number: row.product_id for row in rows}
    pairs = await _pairs(session, ledger, products)
    return {
        row.number: Adjusted(
            row.number,
            row.source == int(SourceKind.STANDALONE),
            row.customer,
            row.product,
            tuple(mirror_of(pairs[row.number], row.customer_id)),
        )
        for row in rows
    }


def _is_of(party: type[Customer | Product], ledger: Ledger, number: Any) -> Any:
    return and_(party.organisation_id == ledger.organisation_id, party.id == number)


async def _pairs(
    session: AsyncSession, ledger: Ledger, products: Mapping[int, int | None]
) -> dict[int, list[Pair]]:
    """What journals of products move between two accounts, in their order."""
    its = JournalMovement
    statement = (
        select(
            *(its.journal, its.debit_role, its.debit_product_id),
            *(its.credit_role, its.credit_product_id, its.amount),
        )
        .where(its.ledger_id == ledger.id, its.superseded_in.is_(None))
        .order_by(its.journal, its.seq)
    )
    pairs: dict[int, list[Pair]] = defaultdict(list)
    for row in await rows_in_lists(session, statement, its.journal.in_, products):
        pairs[row.journal].append(_pair_of(row, products[row.journal]))
    return pairs


def _pair_of(row: Any, product_id: int | None) -> Pair:
    """A movement of a journal of a product, as what it moves between two accounts."""
    debit_product, credit_product = (
        product_id if own is None else own
        for own in (row.debit_product_id, row.credit_product_id)
    )
    return Pair(
        Account(Role(row.debit_role), debit_product),
        Account(Role(row.credit_role), credit_product),
        row.amount,
    )


def check_exists(ledger: Ledger, number: int, adjusted: Adjusted | None) -> Adjusted:
    """The adjusted journal; raises Rejected if the ledger has none of the number."""
    if adjusted is None:
        message = f"the {ledger.currency} ledger has no journal {number}"
        raise refused(ProblemCode.NOT_FOUND, message, "adjusts")
    return adjusted


def mirror_legs(adjusted: Adjusted) -> list[Leg]:
    """The lines that take a journal back as it stands now.

    Raises Rejected for a manual journal, and for one that nets to nothing.
    """
    number = adjusted.number
    if adjusted.is_manual:
        message = (
            f"a manual journal posted journal {number}: reverse the manual journal"
            " instead, or add a difference"
        )
        raise refused(ProblemCode.INVALID_VALUE, message, "adjusts")
    if not adjusted.legs:
        message = f"journal {number} nets to nothing: there is nothing to take back"
        raise refused(ProblemCode.INVALID_VALUE, message, "adjusts")
    return list(adjusted.legs)


async def check_adjusted(
    session: AsyncSession, ledger: Ledger, version: Version
) -> None:
    """Raise Rejected where the adjusted journal isn't as the version has it any more.

    A journal is taken back once at a time.
    """
    number = version.taken_back
    if number is None:
        return
    known = await load_adjusted(session, ledger, [number])
    taken = await taken_back(session, ledger, [number])
    check_same(ledger, version, known.get(number), taken.get(number))


def check_same(
    ledger: Ledger, version: Version, adjusted: Adjusted | None, by: int | None
) -> None:
    """The check of `check_adjusted` with what it reads.

    `by` is the number of the manual journal that took the adjusted one back, if any.
    """
    number = version.taken_back
    if number is None:
        return
    if by is not None:
        message = (
            f"journal {number} was taken back by {label(by)} already: reverse that"
            " first, or add a difference"
        )
        raise refused(ProblemCode.IN_USE, message, "adjusts")
    present = mirror_legs(check_exists(ledger, number, adjusted))
    if sorted(present) != sorted(leg for leg in version.legs() if leg.is_mirror):
        message = (
            f"journal {number} has changed since this was saved: save it again, which"
            " takes back what it is now"
        )
        raise refused(ProblemCode.CONFLICT, message, "adjusts")


async def taken_back(
    session: AsyncSession, ledger: Ledger, numbers: Collection[int]
) -> dict[int, int]:
    """The posted manual journals that take journals back, by the journals' numbers."""
    its, other = ManualJournal, ManualVersion
    is_its = and_(
        other.organisation_id == its.organisation_id, other.step == its.saved_in
    )
    statement = (
        select(its.adjusts, its.number)
        .join(other, is_its)
        .where(
            its.ledger_id == ledger.id,
            its.status == int(Status.POSTED),
            other.mode != int(AdjustmentMode.DIFFERENCE),
        )
    )
    rows = await rows_in_lists(session, statement, its.adjusts.in_, numbers)
    return {row.adjusts: row.number for row in rows}
