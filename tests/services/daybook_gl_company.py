"""Two small organisations of Xero whose dataset has lines of each type.

Northwind UK keeps its books in pounds, Northwind Inc in dollars. Amounts are few, so
that a test can name its sums: each month UK sells for 1,000.00 and pays rent of 300.00,
and Inc sells for 500.00 and pays 200.00 for hosting.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from daybook.calendar import (
    Month,
    day_text,
    first_day_of,
    month_of,
    month_text,
)
from daybook.clock import now, today
from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database
from daybook.demo.commands import Filled
from daybook.demo.general_ledger.commands import bring_general_ledger
from daybook.gl.kinds import Kind
from daybook.gl.models import GlRefresh
from daybook.gl.refreshing import Asked, request_refresh
from daybook.gl.working import work_off
from daybook.settings import Settings
from daybook_gl_states import BY, bring

MONTHS = 4
"""How many months are booked: the present one is the last."""
LAST_OF_UK = 12
"""The last journal's number: 8 to 11 are missing."""
Documents = Mapping[Kind, Sequence[Mapping[str, Any]]]
NORTH = [{"TrackingCategoryID": "t-1", "Name": "Region", "Option": "North"}]
TALLOW = {"ContactID": "c-tallow", "Name": "Tallow & Sons"}


def chart(hosting: tuple[str, str]) -> list[dict[str, Any]]:
    """A chart of accounts, in which 310 has another name and type in each."""
    name, type_ = hosting
    rows = (
        ("bank", "", "Current Account", "BANK", ""),
        ("ar", "610", "Accounts Receivable", "CURRENT", "DEBTORS"),
        ("ap", "800", "Accounts Payable", "CURRLIAB", "CREDITORS"),
        ("tax", "820", "VAT", "CURRLIAB", "GST"),
        ("sales", "200", "Sales", "REVENUE", ""),
        ("310", "310", name, type_, ""),
        ("rent", "469", "Rent", "OVERHEADS", ""),
        ("realised", "499", "Realised Gains", "EXPENSE", "REALISEDCURRENCYGAIN"),
        ("unrealised", "498", "Unrealised Gains", "EXPENSE", "UNREALISEDCURRENCYGAIN"),
    )
    return [
        {
            "AccountID": id_,
            "Code": code,
            "Name": text,
            "Type": its,
            "SystemAccount": role,
        }
        for id_, code, text, its, role in rows
    ]


def journal(
    number: int, day: str, *lines: tuple[str, str], **more: Any
) -> dict[str, Any]:
    """A journal of accounts and Xero's nets, which are debits."""
    return {
        "JournalID": f"j-{number}",
        "JournalNumber": number,
        "JournalDate": day,
        "CreatedDateUTC": f"{day}T09:00:00",
        "JournalLines": [
            {
                "JournalLineID": f"l-{number}-{at}",
                "AccountID": account,
                "NetAmount": net,
                "GrossAmount": net,
                "TaxAmount": "0",
                "Description": more.get("Reference", ""),
                "TrackingCategories": NORTH if account == "sales" else [],
            }
            for at, (account, net) in enumerate(lines)
        ],
        **more,
    }


def invoice(number: str, day: str, currency: str, total: str, **more: Any) -> Any:
    """An invoice with one line of sales and no tax."""
    return {
        "InvoiceID": f"i-{number}",
        "Type": "ACCREC",
        "InvoiceNumber": number,
        "Status": "AUTHORISED",
        "Contact": TALLOW,
        "Date": day,
        "CurrencyCode": currency,
        "CurrencyRate": "1.25" if currency == "USD" else "1",
        "LineAmountTypes": "NoTax",
        "SubTotal": total,
        "TotalTax": "0",
        "Total": total,
        "LineItems": [
            {
                "Description": f"Consulting {number}",
                "AccountCode": "200",
                "LineAmount": total,
                "TaxAmount": "0",
                "TaxType": "NONE",
            }
        ],
        **more,
    }


def uk_documents(this_month: Month) -> Documents:
    """What Northwind UK has: journals, a draft, a template, dollars, a budget."""
    first = this_month - MONTHS + 1
    draft = invoice("D-1", in_month(this_month, 20), "GBP", "70.00", Status="DRAFT")
    repeating = invoice("R-1", in_month(this_month + 1, 5), "GBP", "40.00")
    return {
        Kind.ACCOUNTS: chart(("Hosting", "DIRECTCOSTS")),
        Kind.TRACKING_CATEGORIES: [
            {
                "TrackingCategoryID": "t-1",
                "Name": "Region",
                "Status": "ACTIVE",
                "Options": [{"TrackingOptionID": "o-1", "Name": "North"}],
            }
        ],
        Kind.INVOICES: [
            draft,
            invoice("UK-1", in_month(first, 5), "GBP", "1000.00"),
            invoice("UK-2", in_month(this_month - 1, 5), "USD", "800.00"),
        ],
        Kind.REPEATING_INVOICES: [
            {
                **repeating,
                "RepeatingInvoiceID": "r-1",
                "Schedule": {
                    "Period": 1,
                    "Unit": "MONTHLY",
                    "NextScheduledDate": in_month(this_month + 1, 5),
                    "EndDate": in_month(this_month + 2, 6),
                },
            }
        ],
        Kind.BUDGETS: [
            {
                "BudgetID": "b-1",
                "Type": "OVERALL",
                "Description": "Overall budget",
                "BudgetLines": [
                    {
                        "AccountID": "rent",
                        "AccountCode": "469",
                        "BudgetBalances": [
                            {"Period": month_text(this_month + 1), "Amount": "330.00"}
                        ],
                    }
                ],
            }
        ],
        Kind.JOURNALS: [*_uk_journals(first)],
    }


def _uk_journals(first: Month) -> Iterator[dict[str, Any]]:
    for at in range(MONTHS):
        month = first + at
        more = {"SourceID": "i-UK-1", "SourceType": "ACCREC"} if at == 0 else {}
        sold = ("ar", "1000.00"), ("sales", "-1000.00")
        yield journal(
            2 * at + 1, in_month(month, 5), *sold, Reference=f"UK-{at + 1}", **more
        )
        paid = ("rent", "300.00"), ("bank", "-300.00")
        number = 2 * at + 2 if at < MONTHS - 1 else LAST_OF_UK
        yield journal(number, in_month(month, 10), *paid, Reference="Rent")


def inc_documents(this_month: Month) -> Documents:
    """What Northwind Inc has: journals alone, with 310 for other income."""
    first = this_month - MONTHS + 1
    journals = []
    for at in range(MONTHS):
        month = first + at
        sold = ("ar", "500.00"), ("sales", "-450.00"), ("310", "-50.00")
        journals.append(journal(2 * at + 1, in_month(month, 7), *sold))
        paid = ("rent", "200.00"), ("bank", "-200.00")
        journals.append(journal(2 * at + 2, in_month(month, 12), *paid))
    return {
        Kind.ACCOUNTS: chart(("Other income", "OTHERINCOME")),
        Kind.JOURNALS: journals,
    }


def in_month(month: Month, day: int) -> str:
    """A day of a month, as text."""
    return day_text(first_day_of(month) + day - 1)


async def bring_company(
    database: Database, settings: Settings, uk: int, inc: int
) -> None:
    """Import both organisations' documents into their connections."""
    this_month = month_of(today(settings, "UTC"))
    for number, documents in (
        (uk, uk_documents(this_month)),
        (inc, inc_documents(this_month)),
    ):
        for kind, its in documents.items():
            await bring(database, settings, number, kind, *its)


async def connect_company(database: Database, settings: Settings) -> list[GlRefresh]:
    """Add both connections with their documents, and refresh them."""
    author, numbers = Author(settings.organisation, BY, now(settings)), []
    for name, currency in (("Northwind UK", "GBP"), ("Northwind Inc", "USD")):
        its = ConnectionSettings(name)
        number = await add_connection(database, author, its, base_currency=currency)
        numbers.append(number)
    await bring_company(database, settings, *numbers)
    return await refresh_all(database, settings)


async def connect_the_demo(
    database: Database, settings: Settings, filled: Filled
) -> list[GlRefresh]:
    """Bring the demo's general ledger in, and refresh it, as its server does."""
    jobs = await bring_general_ledger(database, settings, filled.posted)
    return await work_off(database, settings, jobs)


async def refresh_all(database: Database, settings: Settings) -> list[GlRefresh]:
    """Refresh all connections, as a command does."""
    asked = Asked(settings.organisation, BY, now(settings))
    jobs = await request_refresh(database, asked)
    return await work_off(database, settings, jobs)
