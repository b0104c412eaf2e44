"""What synthetic journals are made of, read from a connection's inputs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from daybook.calendar import Month, day_of, month_of, parse_day, parse_month
from daybook.gl.building.pinned import Pinned
from daybook.gl.kinds import Kind
from daybook.gl.rules.chart import Account
from daybook.gl.rules.documents import (
    PURCHASES,
    PURCHASES_CREDIT,
    SALES,
    SALES_CREDIT,
    Budget,
    BudgetAmount,
    Document,
    DocumentLine,
    Payment,
    RepeatingInvoice,
    Schedule,
    Unit,
)
from daybook.gl.rules.revaluation import Bank, Flow
from daybook.gl.rules.tracking import Category, slotted
from daybook.money import decimals_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TYPES = frozenset({SALES, PURCHASES, SALES_CREDIT, PURCHASES_CREDIT})
OVERALL = "OVERALL"
_DOCUMENT = (
    "id, type, number, status, day, currency, total, total_tax, reference, contact_id,"
    " contact_name, line_amounts, currency_rate, payments, credits, paid, paid_day"
)
_TEMPLATE = (
    "id, type, '' AS number, status, DATE '1970-01-01' AS day, currency, total,"
    " total_tax, reference, contact_id, contact_name, line_amounts,"
    " NULL AS currency_rate, '[]' AS payments, '[]' AS credits, NULL AS paid,"
    " NULL AS paid_day"
)
_LINE = "position, amount, tax, account_code, description, tax_type, tracking"


def read_categories(connection: "DuckDBPyConnection") -> Sequence[Category]:
    """The tracking categories that the dataset has slots for."""
    return slotted(read_all_categories(connection))


def read_all_categories(connection: "DuckDBPyConnection") -> Sequence[Category]:
    """All tracking categories, in the order of the connection."""
    rows = connection.execute(
        "SELECT category_id, any_value(name), any_value(status), min(rowid) AS place"
        " FROM (SELECT *, row_number() OVER () AS rowid FROM tracking_categories)"
        " GROUP BY category_id ORDER BY place"
    ).fetchall()
    return [Category(id_, name, status) for id_, name, status, _ in rows]


def read_documents(
    connection: "DuckDBPyConnection", kind: Kind, where: str
) -> Iterator[Document]:
    """Invoices or credit notes that fulfil a condition, in the order of their IDs."""
    statement = (
        f"SELECT {_DOCUMENT}, {_LINE} FROM {kind.name.lower()} WHERE {where}"  # noqa: S608
        " ORDER BY id, position"
    )
    for rows in _by_id(connection, statement):
        if rows[0]["type"] in TYPES:
            yield _document(rows)


def read_repeating(connection: "DuckDBPyConnection") -> Iterator[RepeatingInvoice]:
    """The templates of repeating invoices that are due some day."""
    statement = (
        f'SELECT {_TEMPLATE}, {_LINE}, period, unit, start, "next", ends'  # noqa: S608
        ' FROM repeating_invoices WHERE "next" IS NOT NULL ORDER BY id, position'
    )
    for rows in _by_id(connection, statement):
        first = rows[0]
        if first["type"] not in TYPES or first["unit"] not in {*Unit}:
            continue
        next_day = day_of(first["next"])
        yield RepeatingInvoice(
            _document(rows),
            Schedule(
                Unit(first["unit"]),
                first["period"],
                day_of(first["start"]) if first["start"] else next_day,
                next_day,
                day_of(first["ends"]) if first["ends"] else None,
            ),
        )


def read_budget(connection: "DuckDBPyConnection", pinned: Pinned) -> Budget | None:
    """The chosen budget, else the overall one that was changed last."""
    rows = connection.execute(
        "SELECT budget_id, description, account_id, account_code, month, amount"
        " FROM budgets WHERE month <> '' AND budget_id = coalesce(?,"
        " (SELECT arg_max(budget_id, coalesce(updated, TIMESTAMP '1970-01-01'))"
        " FROM budgets WHERE type = ?)) ORDER BY month, account_code, account_id",
        [pinned.budget_id, OVERALL],
    ).fetchall()
    if not rows:
        return None
    amounts = [
        BudgetAmount(
            account_id, code, parse_month(month), _minor(amount, pinned.base_currency)
        )
        for *_, account_id, code, month, amount in rows
    ]
    return Budget(rows[0][0], rows[0][1], amounts)


def read_actuals(
    connection: "DuckDBPyConnection", base_currency: str
) -> Mapping[tuple[str, Month], int]:
    """The Net of actual journals by account ID and month, as the dataset shows it."""
    rows = connection.execute(
        "SELECT account_id, date_trunc('month', day)::DATE, -sum(net) FROM journals"
        " GROUP BY ALL"
    ).fetchall()
    return {
        (account_id, month_of(day_of(month))): _minor(net, base_currency)
        for account_id, month, net in rows
    }


def read_banks(connection: "DuckDBPyConnection", base_currency: str) -> list[Bank]:
    """Bank accounts in foreign currencies: what was received, spent and paid."""
    rows = connection.execute(
        "SELECT account_id, currency, day, amount FROM ("
        " SELECT account_id, day,"
        " CASE WHEN type LIKE 'SPEND%' THEN -total ELSE total END AS amount"
        " FROM bank_transactions WHERE status NOT IN ('DELETED', 'VOIDED')"
        " UNION ALL SELECT account_id, day,"
        " CASE WHEN type LIKE 'ACCPAY%' OR type LIKE 'ARCREDIT%' THEN -bank_amount"
        " ELSE bank_amount END FROM payments WHERE status <> 'DELETED')"
        " JOIN (SELECT account_id, currency FROM accounts) USING (account_id)"
        " WHERE currency NOT IN ('', ?) AND amount IS NOT NULL AND day IS NOT NULL"
        " ORDER BY account_id, day",
        [base_currency],
    ).fetchall()
    flows: dict[tuple[str, str], list[Flow]] = {}
    for account_id, currency, day, amount in rows:
        flow = Flow(day_of(day), _minor(amount, currency))
        flows.setdefault((account_id, currency), []).append(flow)
    return [Bank(*account, its_flows) for account, its_flows in flows.items()]


def read_booked_payments(
    connection: "DuckDBPyConnection", realised: Account | None
) -> tuple[frozenset[str], bool]:
    """The payments whose journal has a line on the account of realised gains.

    The second says whether any journal has one: then the accounting system books
    gains itself, also where nothing links a payment to its journal.
    """
    if realised is None:
        return frozenset(), False
    rows = connection.execute(
        "SELECT DISTINCT source_id FROM journals WHERE account_id = ?", [realised.id]
    ).fetchall()
    return frozenset(source_id for (source_id,) in rows), bool(rows)


def _by_id(
    connection: "DuckDBPyConnection", statement: str
) -> Iterator[list[dict[str, Any]]]:
    """The rows of each document, of a statement whose rows are ordered by documents."""
    cursor = connection.cursor()
    found = cursor.execute(statement)
    names = [column[0] for column in found.description or ()]
    rows: list[dict[str, Any]] = []
    while some := found.fetchmany(1_000):
        for values in some:
            row = dict(zip(names, values, strict=True))
            if rows and rows[0]["id"] != row["id"]:
                yield rows
                rows = []
            rows.append(row)
    if rows:
        yield rows
    cursor.close()


def _document(rows: Sequence[Mapping[str, Any]]) -> Document:
    first = rows[0]
    currency = first["currency"]

    def minor(amount: Decimal | None) -> int:
        return _minor(amount, currency)

    return Document(
        id=first["id"],
        type=first["type"],
        number=first["number"],
        status=first["status"],
        day=day_of(first["day"]),
        currency=currency,
        total=minor(first["total"]),
        total_tax=minor(first["total_tax"]),
        reference=first["reference"],
        contact_id=first["contact_id"],
        contact_name=first["contact_name"],
        line_amounts=first["line_amounts"],
        booked_rate=Fraction(first["currency_rate"] or 0) or None,
        lines=[
            DocumentLine(
                minor(row["amount"]),
                minor(row["tax"]),
                row["account_code"],
                row["description"],
                row["tax_type"],
                row["tracking"],
            )
            for row in rows
            if row["position"] is not None and row["amount"] is not None
        ],
        payments=_payments(first, currency),
        credits=_listed(first["credits"], currency),
    )


def _payments(row: Mapping[str, Any], currency: str) -> Sequence[Payment]:
    """A document's payments; without any, what was paid on its last day, if known."""
    listed = _listed(row["payments"], currency)
    paid = _minor(row["paid"], currency)
    if listed or not paid or row["paid_day"] is None:
        return listed
    return [Payment("", day_of(row["paid_day"]), paid)]


def _listed(text: str, currency: str) -> Sequence[Payment]:
    """The payments of a list in a column: ID, day, amount."""
    return [
        Payment(id_, parse_day(day), _minor(Decimal(amount), currency))
        for id_, day, amount, *_ in json.loads(text)
        if day and amount
    ]


def _minor(amount: Decimal | None, currency: str) -> int:
    """An amount in minor units; what its currency doesn't have is rounded half up."""
    scaled = (amount or Decimal()).scaleb(decimals_of(currency))
    whole = int(abs(scaled) + Decimal("0.5"))
    return -whole if scaled < 0 else whole
