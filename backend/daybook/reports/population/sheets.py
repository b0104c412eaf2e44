"""The population for files: an entry a row, with all that it names."""

from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.engine import Store
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind, name_in_words
from daybook.paging import PageRequest
from daybook.reports.paged_rows import paged_rows
from daybook.reports.population.queries import PopulationEntry, find_population
from daybook.reports.population.rules import PopulationFilter, PopulationFlag
from daybook.reports.trail.names import person_name
from daybook.sheets.columns import (
    Column,
    Money,
    Sheet,
    boolean,
    date,
    integer,
    money,
    text,
    timestamp,
)

SLICE = 5_000
"""How many entries are read at a time."""


def population_rows(
    database: Store, pin: Pin, population_filter: PopulationFilter
) -> AsyncIterator[list[PopulationEntry]]:
    """The selected entries in their order, in slices."""

    async def read(
        session: AsyncSession, its_pin: Pin, request: PageRequest
    ) -> tuple[list[PopulationEntry], tuple[int, int] | None]:
        page = await find_population(session, its_pin, population_filter, request)
        return page.items, page.items[-1].key if page.has_next else None

    return paged_rows(database, pin, read, PageRequest(SLICE))


def population_sheet(pin: Pin) -> Sheet[PopulationEntry]:
    """The population as a table; each flag is a column."""
    currency = pin.currency

    def flagged(flag: PopulationFlag) -> Column[PopulationEntry]:
        name = flag.name.lower()
        return boolean(
            f"is_{name}", name_in_words(name), lambda entry: flag in entry.flags
        )

    columns: tuple[Column[PopulationEntry], ...] = (
        integer("journal", "Journal", lambda entry: entry.journal),
        integer("entry", "Entry", lambda entry: entry.seq),
        date("first_day", "From", lambda entry: entry.movement.first_day),
        date("last_day", "To", lambda entry: entry.movement.last_day),
        text("debit", "Debit", lambda entry: entry.movement.debit.name),
        text("credit", "Credit", lambda entry: entry.movement.credit.name),
        money("amount", "Amount", lambda entry: Money(entry.movement.amount, currency)),
        text("source", "Source", lambda entry: SourceKind(entry.source).name),
        text(
            "customer_id",
            "Customer id",
            lambda entry: entry.document.customer_external_id,
        ),
        text("customer", "Customer", lambda entry: entry.document.customer_name),
        text("product_id", "Product id", lambda entry: entry.product_external_id),
        text("product", "Product", lambda entry: entry.product_name),
        text("document_id", "Document id", lambda entry: entry.document.external_id),
        text("document", "Document", lambda entry: entry.document.number),
        text("author", "Recorded by", lambda entry: person_name(entry.author)),
        timestamp("recorded_at", "Recorded (UTC)", lambda entry: entry.recorded_at),
        text("reason", "Reason", lambda entry: entry.reason),
        integer("recording", "Recording", lambda entry: entry.recorded_in),
        integer("superseded_in", "Superseded in", lambda entry: entry.superseded_in),
        *map(flagged, PopulationFlag),
    )
    return Sheet("population", "Journal population", columns)
