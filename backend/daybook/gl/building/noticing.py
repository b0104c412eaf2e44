"""What people should know of a connection's inputs, beside the lines that they make."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from daybook.connections.rules import AccountRole
from daybook.gl.building.accounts import read_accounts
from daybook.gl.building.reading import TYPES, read_all_categories
from daybook.gl.rules.chart import Chart
from daybook.gl.rules.documents import SALES, SALES_CREDIT
from daybook.gl.rules.drafts import DRAFT
from daybook.gl.rules.exposure import OPEN_OR_PAID
from daybook.gl.rules.forecasts import DELETED
from daybook.gl.rules.notices import Notice, no_account, no_lines, other_tracking
from daybook.gl.rules.tracking import slotted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAMED_MAX = 100
"""How many drafts without lines are named."""
EXPOSURE_ROLES = (
    AccountRole.RECEIVABLE,
    AccountRole.PAYABLE,
    AccountRole.UNREALISED,
    AccountRole.REALISED,
)
"""What currency gains of invoices and bills need, all of it."""


def find_notices(
    connection: "DuckDBPyConnection", base: str, roles: Mapping[AccountRole, str]
) -> list[Notice]:
    """Accounts that nothing names, drafts without lines, categories without a column.

    `roles` are the accounts that were chosen, `base` is the base currency.
    """
    chart = Chart(read_accounts(connection), roles)
    needed = set(_needed(connection, base))
    return [
        *(
            no_account(role)
            for role in AccountRole
            if role in needed and chart.of_role(role) is None
        ),
        *_drafts_without_lines(connection),
        *_other_categories(connection),
    ]


def _needed(connection: "DuckDBPyConnection", base: str) -> Iterator[AccountRole]:
    """The roles for which there is something to post."""
    columns = "type, coalesce(total_tax, 0) <> 0"
    to_come = connection.execute(
        f"SELECT {columns} FROM invoices WHERE status = $draft"  # noqa: S608
        f" UNION SELECT {columns} FROM credit_notes WHERE status = $draft"
        f" UNION SELECT {columns} FROM repeating_invoices"
        ' WHERE status <> $deleted AND "next" IS NOT NULL',
        {"draft": DRAFT, "deleted": DELETED},
    ).fetchall()
    for type_, has_tax in to_come:
        if type_ in TYPES:
            is_of_sales = type_ in {SALES, SALES_CREDIT}
            yield AccountRole.RECEIVABLE if is_of_sales else AccountRole.PAYABLE
            if has_tax:
                yield AccountRole.TAX
    foreign = " UNION ALL ".join(
        f"SELECT id FROM {name} WHERE list_contains($statuses, status)"  # noqa: S608
        " AND currency <> $base"
        for name in ("invoices", "credit_notes")
    )
    statuses = sorted(OPEN_OR_PAID)
    if connection.execute(
        f"{foreign} LIMIT 1", {"statuses": statuses, "base": base}
    ).fetchone():
        yield from EXPOSURE_ROLES
    if connection.execute(
        "SELECT 1 FROM accounts JOIN (SELECT account_id FROM bank_transactions"
        " UNION SELECT account_id FROM payments) USING (account_id)"
        " WHERE currency NOT IN ('', ?) LIMIT 1",
        [base],
    ).fetchone():
        yield AccountRole.REVALUATION


def _drafts_without_lines(connection: "DuckDBPyConnection") -> list[Notice]:
    drafts = " UNION ALL ".join(
        f"SELECT id, number FROM {name} WHERE status = $draft"  # noqa: S608
        " AND position IS NULL"
        for name in ("invoices", "credit_notes")
    )
    found = connection.execute(
        f"SELECT coalesce(nullif(number, ''), id) FROM ({drafts})"  # noqa: S608
        " ORDER BY 1 LIMIT $most",
        {"draft": DRAFT, "most": NAMED_MAX},
    ).fetchall()
    return [no_lines(name) for (name,) in found]


def _other_categories(connection: "DuckDBPyConnection") -> list[Notice]:
    categories = read_all_categories(connection)
    shown = slotted(categories)
    names = [category.name for category in shown]
    return [
        other_tracking(category.name, names)
        for category in categories
        if category not in shown
    ]
