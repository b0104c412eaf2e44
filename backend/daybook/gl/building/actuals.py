"""Actual lines: what was imported, with what its source documents say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from daybook.columnar.engine import quoted
from daybook.gl.building.pinned import Pinned
from daybook.gl.building.reading import read_categories
from daybook.gl.rules.journal_types import JournalType
from daybook.gl.rules.source_tables import BY_SUFFIX, BY_TYPE
from daybook.gl.rules.tracking import Category

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def create_sources(connection: "DuckDBPyConnection") -> None:
    """A table `sources`: contact, reference and rate's day of what journals name.

    A payment has the day of its invoice; one of several invoices the first of theirs,
    where `blending` doesn't know better.
    """
    connection.execute(
        "CREATE TABLE sources AS SELECT id, any_value(contact_id) AS contact_id,"
        " any_value(contact_name) AS contact_name,"
        " any_value(reference) AS reference, min(rate_day) AS rate_day FROM ("
        " SELECT id, contact_id, contact_name,"
        " CASE WHEN number <> '' THEN number ELSE reference END AS reference,"
        " day AS rate_day FROM invoices"
        " UNION ALL SELECT id, contact_id, contact_name,"
        " CASE WHEN number <> '' THEN number ELSE reference END, day FROM credit_notes"
        " UNION ALL SELECT id, contact_id, contact_name, reference, day"
        " FROM bank_transactions"
        " UNION ALL SELECT payments.id, payments.contact_id, payments.contact_name,"
        " payments.reference, invoices.day FROM payments"
        " LEFT JOIN (SELECT id, any_value(day) AS day FROM invoices GROUP BY id)"
        " AS invoices ON invoices.id = payments.invoice_id"
        # Several payments in one have its ID; what differs between them is blank.
        " UNION ALL SELECT batch_id, CASE WHEN min(contact_id) = max(contact_id)"
        " THEN min(contact_id) ELSE '' END, CASE WHEN min(contact_id) ="
        " max(contact_id) THEN min(contact_name) ELSE '' END,"
        " CASE WHEN min(reference) = max(reference) THEN min(reference) ELSE '' END,"
        " min(invoices.day) FROM payments"
        " LEFT JOIN (SELECT id, any_value(day) AS day FROM invoices GROUP BY id)"
        " AS invoices ON invoices.id = payments.invoice_id"
        " WHERE batch_id <> '' GROUP BY batch_id"
        " ) GROUP BY id"
    )


def actuals_statement(connection: "DuckDBPyConnection", pinned: Pinned) -> str:
    """A statement for the actual lines, in the order of `segment.SYNTHETIC`."""
    categories = read_categories(connection)
    slots = ", ".join(_slot(categories, place) for place in (0, 1))
    return (
        f"SELECT {JournalType.ACTUAL.value} AS type, 0 AS kind, j.day, j.number,"  # noqa: S608
        " j.position, j.account_id, j.account_code, -j.net AS net,"
        " -coalesce(j.gross, 0) AS gross, -coalesce(j.tax, 0) AS tax, j.tax_type,"
        " j.description, CASE WHEN j.reference <> '' THEN j.reference"
        " ELSE coalesce(s.reference, '') END AS reference, j.source_id,"
        f" {_source_table('j.source_type')} AS source_table, j.source_type,"
        " coalesce(s.contact_id, '') AS contact_id,"
        " coalesce(nullif(c.name, ''), s.contact_name, '') AS contact_name,"
        f" {slots}, coalesce(s.rate_day, j.day) AS rate_day,"
        f" {quoted(pinned.base_currency)} AS currency,"
        " strftime(j.created, '%Y-%m-%dT%H:%M:%S.%gZ') AS created,"
        " j.account_name, j.account_type FROM journals AS j"
        " LEFT JOIN sources AS s ON s.id = j.source_id AND j.source_id <> ''"
        " LEFT JOIN (SELECT contact_id, any_value(name) AS name FROM contacts"
        " GROUP BY contact_id) AS c ON c.contact_id = s.contact_id"
    )


def _slot(categories: Sequence[Category], place: int) -> str:
    """The expressions of a tracking slot's category and option, as `tracking.slots`."""
    if place >= len(categories):
        return f"'' AS category_{place}, '' AS option_{place}"
    category = categories[place]
    name = quoted(category.name)
    tags = "CAST(CAST(j.tracking AS JSON) AS VARCHAR[][])"
    # Files that name categories without their IDs are matched by names.
    is_of_category = (
        f"tag[1] = {quoted(category.id)} OR (tag[1] = '' AND tag[2] = {name})"
    )
    tag = f"list_filter({tags}, lambda tag: {is_of_category})[1]"
    option = (
        f"CASE WHEN {tag}[3] <> '' THEN {quoted(f'{category.name} - ')} || {tag}[3]"
    )
    return (
        f"CASE WHEN j.tracking = '[]' THEN '' WHEN {tag} IS NOT NULL THEN {name}"
        f" ELSE '' END AS category_{place},"
        f" CASE WHEN j.tracking = '[]' THEN '' ELSE {option} ELSE '' END END"
        f" AS option_{place}"
    )


def _source_table(column: str) -> str:
    """The rule of `source_tables`, as an expression."""
    exact = " ".join(
        f"WHEN {column} = {quoted(type_)} THEN {quoted(table)}"
        for type_, table in BY_TYPE.items()
    )
    ends = " ".join(
        f"WHEN {column} LIKE {quoted(f'%{suffix}')} THEN {quoted(table)}"
        for suffix, table in BY_SUFFIX.items()
    )
    return f"CASE {exact} {ends} ELSE '' END"
