"""The selection of the journal report as SQL: journals with all they refer to."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from daybook.calendar import Day, first_day_of, last_day_of, month_of
from daybook.documents.models import StoredDocument
from daybook.documents.rules import DocumentStatus
from daybook.ledger.amount_conditions import (
    in_force,
    journals_within,
    kept_within,
    movements_within,
    moves_within,
)
from daybook.ledger.column_conditions import (
    CAUSE_OF,
    is_between,
    is_in_column,
    is_manual,
    touches,
)
from daybook.ledger.models import (
    Customer,
    Journal,
    JournalMovement,
    MonthCount,
    MonthTotal,
    Product,
    StoredCatchUp,
)
from daybook.ledger.pins import Pin
from daybook.ledger.roll_forward import Column
from daybook.ledger.rules import SourceKind
from daybook.recognition.models import Schedule
from daybook.recognition.queries import settled_on
from daybook.reports.changed import is_changed_journal, is_new_or_changed_journal
from daybook.reports.former_names import (
    customer_name,
    document_is_revised,
    document_number,
    document_status,
    is_party,
    product_name,
)
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.open_families import is_in_waterfall, is_unscheduled
from daybook.reports.revenue import RevenueFilter
from daybook.reports.searching import contains

AnySelect: TypeAlias = Select[*tuple[Any, ...]]

MOVEMENT_ORDER = (JournalMovement.journal, JournalMovement.seq)
"""The order of movements everywhere: by journal number, then `seq`."""

_Root = aliased(Schedule)


def journal_conditions(
    pin: Pin, journal_filter: JournalFilter
) -> list[ColumnElement[bool]]:
    """Conditions on `Journal`, including those on its document and its schedules.

    Conditions on names are added by `with_search`.
    """
    every = JournalFilter()
    conditions = journals_within(
        pin, journal_filter.first_day(), journal_filter.last_day(pin)
    )
    conditions += [
        condition(pin, journal_filter)
        for field, condition in CONDITIONS.items()
        if getattr(journal_filter, field) != getattr(every, field)
    ]
    return conditions


def movement_conditions(
    pin: Pin, journal_filter: JournalFilter, *, has_amount: bool = True
) -> list[ColumnElement[bool]]:
    """Conditions on `JournalMovement`: in force, with an amount on selected days.

    Without `has_amount` any of the selected days is enough. The movement's `Journal`
    must be joined, since some conditions depend on it.
    """
    first, last = journal_filter.first_day(), journal_filter.last_day(pin)
    return [
        *movements_within(pin, first, last, has_amount=has_amount),
        *selecting_movements(pin, journal_filter),
    ]


def selecting_movements(
    pin: Pin, journal_filter: JournalFilter, movement: Any = JournalMovement
) -> list[ColumnElement[bool]]:
    """Conditions that select some movements of a `Journal`, whatever their days."""
    conditions = []
    if journal_filter.account is not None:
        conditions.append(touches(journal_filter.account, movement))
    if journal_filter.column is not None:
        conditions.append(is_in_column(journal_filter.column, movement))
    if journal_filter.account is not None and journal_filter.against is not None:
        conditions.append(
            is_between(journal_filter.account, journal_filter.against, movement)
        )
    if journal_filter.deferred_on is not None:
        its = RevenueFilter(
            journal_filter.customer_id,
            journal_filter.product_id,
            journal_filter.document_id,
        )
        is_selected = is_unscheduled if journal_filter.unscheduled else is_in_waterfall
        conditions.append(is_selected(pin, journal_filter.deferred_on, its, movement))
    return conditions


def has_movements(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    """Whether a journal has an amount on the selected days, so a report lists it."""
    first, last = journal_filter.first_day(), journal_filter.last_day(pin)
    return moves_within(pin, first, last, *selecting_movements(pin, journal_filter))


def is_listed(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    """Whether a list names a journal, which need not have an amount if it changed."""
    if journal_filter.changed_after is not None:
        return true()
    return has_movements(pin, journal_filter)


def was_recorded(pin: Pin) -> ColumnElement[bool]:
    """Whether a journal was there at the pin, whatever became of its movements."""
    first = aliased(JournalMovement)
    return exists(
        select(1).where(
            first.ledger_id == pin.ledger_id,
            first.journal == Journal.number,
            first.seq == 1,
            first.recorded_in <= pin.recording,
        )
    ).correlate(Journal)


def kept_conditions(
    table: type[MonthTotal | MonthCount], pin: Pin, journal_filter: JournalFilter
) -> list[ColumnElement[bool]]:
    """Rows of a table that recordings keep by month, of the selection's months."""
    conditions = kept_within(
        table, pin, journal_filter.first_day(), journal_filter.last_day(pin)
    )
    if journal_filter.sources is not None:
        conditions.append(
            table.source.in_([int(kind) for kind in journal_filter.sources])
        )
    return conditions


def _of_sources(_pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    if journal_filter.sources == (SourceKind.STANDALONE,):
        return is_manual()
    return Journal.source.in_([int(kind) for kind in journal_filter.sources or ()])


def _of_customer(_pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    return Journal.customer_id == journal_filter.customer_id


def _of_product(_pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    return Journal.product_id == journal_filter.product_id


def _of_document(_pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    return Journal.document_id == journal_filter.document_id


def _of_billing_schedule(
    pin: Pin, journal_filter: JournalFilter
) -> ColumnElement[bool]:
    invoices = select(StoredDocument.id).where(
        StoredDocument.ledger_id == pin.ledger_id,
        StoredDocument.parent_id == journal_filter.billing_schedule_id,
    )
    return or_(
        Journal.document_id == journal_filter.billing_schedule_id,
        Journal.document_id.in_(invoices),
    )


def _is_shifted(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    is_moved = has_catch_ups(pin)
    return is_moved if journal_filter.shifted else ~is_moved


def _is_revised(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    revised = and_(
        document_status(pin) != int(DocumentStatus.VOIDED), document_is_revised(pin)
    )
    return _has_document(pin, revised, wanted=journal_filter.revised)


def _is_voided(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    voided = document_status(pin) == int(DocumentStatus.VOIDED)
    return _has_document(pin, voided, wanted=journal_filter.voided)


def _has_document(
    pin: Pin, is_one: ColumnElement[bool], *, wanted: bool | None
) -> ColumnElement[bool]:
    """Whether a journal's document is one of the few that changed and `is_one`."""
    # An index has the documents that changed alone.
    documents = select(StoredDocument.id).where(
        StoredDocument.ledger_id == pin.ledger_id,
        StoredDocument.revised_in.is_not(None),
        is_one,
    )
    number = Journal.document_id
    return number.in_(documents) if wanted else number.not_in(documents)


def _is_partly(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    is_partly = is_partly_scheduled(pin, journal_filter.divides_on(pin))
    return is_partly if journal_filter.partly_scheduled else ~is_partly


def _is_not_recognized(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    return is_open(pin, journal_filter.divides_on(pin))


def _has_changed(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    assert journal_filter.changed_since is not None, "the field is set"
    since, until, day = journal_filter.changed_since
    changes: list[ColumnElement[bool]] = [
        and_(recording > since, recording <= until)
        for recording in (JournalMovement.recorded_in, JournalMovement.superseded_in)
    ]
    if day is not None:
        changes.append(JournalMovement.last_day > day)
    return exists(
        select(1)
        .where(
            JournalMovement.ledger_id == pin.ledger_id,
            JournalMovement.journal == Journal.number,
            or_(*changes),
        )
        .correlate(Journal)
    )


def _has_changed_after(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    after, part = journal_filter.changed_after, journal_filter.changed_part
    assert after is not None, "the field is set"
    if part is None:
        return is_new_or_changed_journal(pin, after)
    if part.is_new:
        return and_(Journal.number > part.last_known, Journal.number <= part.last)
    return is_changed_journal(pin, after, part.last_known)


def _has_column(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[bool]:
    """Narrows journals where few are in a column, by an index of those.

    Which of their movements are in the column is up to `movement_conditions`.
    """
    column = journal_filter.column
    assert column is not None, "the field is set"
    if column is Column.MANUAL:
        return is_manual()
    if column not in CAUSE_OF:
        return true()
    caused = select(JournalMovement.journal).where(
        JournalMovement.ledger_id == pin.ledger_id,
        JournalMovement.cause == int(CAUSE_OF[column]),
    )
    return Journal.number.in_(caused)


CONDITIONS: Mapping[str, Callable[[Pin, JournalFilter], ColumnElement[bool]]] = {
    "sources": _of_sources,
    "customer_id": _of_customer,
    "product_id": _of_product,
    "document_id": _of_document,
    "shifted": _is_shifted,
    "revised": _is_revised,
    "voided": _is_voided,
    "partly_scheduled": _is_partly,
    "billing_schedule_id": _of_billing_schedule,
    "excludes_recognized": _is_not_recognized,
    "changed_since": _has_changed,
    "changed_after": _has_changed_after,
    "column": _has_column,
}
"""The conditions that leave journals out, by the field of `JournalFilter`."""


def has_catch_ups(pin: Pin) -> ColumnElement[bool]:
    """Whether a journal has a movement in force that a lock moved."""
    return exists(
        select(1)
        .select_from(StoredCatchUp)
        .join(
            JournalMovement,
            and_(
                JournalMovement.ledger_id == StoredCatchUp.ledger_id,
                JournalMovement.journal == StoredCatchUp.journal,
                JournalMovement.seq == StoredCatchUp.seq,
            ),
        )
        .where(
            StoredCatchUp.ledger_id == pin.ledger_id,
            StoredCatchUp.journal == Journal.number,
            in_force(pin.recording),
        )
    ).correlate(Journal)


def is_partly_scheduled(pin: Pin, on: Day) -> ColumnElement[bool]:
    """Whether a journal has amounts up to a day, and after it."""
    month = month_of(on)
    first, last = first_day_of(month), last_day_of(month)
    if on == last:
        return false()
    # A journal has no days but those of its month.
    return and_(
        Journal.month == month,
        moves_within(pin, first, on),
        moves_within(pin, on + 1, last),
    )


def is_open(pin: Pin, on: Day) -> ColumnElement[bool]:
    """Whether a journal isn't fully recognized on a day (domain rule 7).

    That is, one of its families has something in Deferred or Unbilled, or scheduled. A
    manual journal is always open.
    """
    return or_(
        Journal.source == int(SourceKind.STANDALONE),
        exists(
            select(1)
            .select_from(JournalMovement)
            .join(
                Schedule,
                and_(
                    Schedule.ledger_id == JournalMovement.ledger_id,
                    Schedule.id == JournalMovement.schedule_id,
                ),
            )
            .join(
                _Root,
                and_(
                    _Root.ledger_id == Schedule.ledger_id,
                    _Root.id == func.coalesce(Schedule.family_id, Schedule.id),
                ),
            )
            .where(
                JournalMovement.ledger_id == pin.ledger_id,
                JournalMovement.journal == Journal.number,
                in_force(pin.recording),
                settled_on(pin, _Root) > on,
            )
        ).correlate(Journal),
    )


def with_names(statement: AnySelect, pin: Pin) -> AnySelect:
    """Join what a journal refers to: its document, and its customer and product if any.

    Every journal has a document, but its join is outer too, because SQLite keeps the
    order of outer joins: it reads journals first, by an index in their order, and stops
    when the page is full.
    """
    return (
        statement.outerjoin(
            StoredDocument,
            and_(
                StoredDocument.ledger_id == Journal.ledger_id,
                StoredDocument.id == Journal.document_id,
            ),
        )
        .outerjoin(Customer, is_party(pin, Customer, Journal.customer_id))
        .outerjoin(Product, is_party(pin, Product, Journal.product_id))
    )


def with_search(
    statement: AnySelect, pin: Pin, journal_filter: JournalFilter
) -> AnySelect:
    """Narrow to journals whose number is the search text, or whose names contain it."""
    text = (journal_filter.search or "").strip()
    if not text:
        return statement
    names = (
        customer_name(pin),
        Customer.external_id,
        product_name(pin),
        Product.external_id,
        document_number(pin),
        StoredDocument.external_id,
    )
    matches = [contains(name, text) for name in names]
    if text.isascii() and text.isdigit() and len(text) <= 18:
        matches.append(Journal.number == int(text))
    return statement.where(or_(*matches))


def select_movements(
    pin: Pin, journal_filter: JournalFilter, *columns: Any, has_amount: bool = True
) -> AnySelect:
    """Columns of the selected movements in force, and of all they refer to.

    Joins the journal and its document, and customer, product and schedule if any.
    Without `has_amount` a movement needs no amount on the selected days.
    """
    statement = join_movements(pin, *columns).where(
        *journal_conditions(pin, journal_filter),
        *movement_conditions(pin, journal_filter, has_amount=has_amount),
    )
    return with_search(statement, pin, journal_filter)


def join_movements(pin: Pin, *columns: Any) -> AnySelect:
    """Columns of all movements, joined as in `select_movements` but not narrowed."""
    statement = (
        select(*columns)
        .join_from(
            Journal,
            JournalMovement,
            and_(
                JournalMovement.ledger_id == Journal.ledger_id,
                JournalMovement.journal == Journal.number,
            ),
        )
        .outerjoin(
            Schedule,
            and_(
                Schedule.ledger_id == JournalMovement.ledger_id,
                Schedule.id == JournalMovement.schedule_id,
            ),
        )
    )
    return with_names(statement, pin)
