"""The demo's organisations in Xero: London keeps pounds, New York dollars. Pure.

A year of bills, wages and partners' invoices, with what is still to come: drafts,
repeating invoices and a budget. The same day always gives the same books.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from daybook.calendar import (
    Day,
    Month,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
)
from daybook.demo.general_ledger import charts
from daybook.demo.general_ledger.books import Books, Document, Item, Paid
from daybook.demo.general_ledger.charts import (
    ADVERTISING,
    CLEARING,
    EVENTS,
    HOSTING,
    RENT,
    SALARIES,
    TRAVEL,
    account_id,
)
from daybook.gl.kinds import Kind
from daybook.gl.rules.documents import PURCHASES, SALES
from daybook.money import amount_text

Documents = Mapping[Kind, Sequence[Mapping[str, Any]]]
MONTHS = 12
"""How many months are booked before the present one."""
SUBSCRIBERS = "Subscribers"
BUDGET_MONTHS = 6
COLLECTED_AFTER = 15
"""How many days after a month's end subscribers have paid it."""


class Partner(NamedTuple):
    """Whom events are held with: the invoices are in the partner's currency."""

    name: str
    currency: str
    region: str
    amount: int


class Organisation(NamedTuple):
    """An organisation, and a month's budget of revenue and what it spends in it.

    Amounts are in minor units, revenue by account code.
    """

    name: str
    currency: str
    foreign: str
    region: str
    partners: Sequence[Partner]
    revenue: Mapping[str, int]
    hosting: int
    rent: int
    salaries: int
    advertising: int
    has_tax: bool
    is_clashing: bool


LONDON = Organisation(
    "Fieldgate Software Ltd",
    *("GBP", "USD", "United Kingdom"),
    (
        Partner("Kestrel Conferences Inc", "USD", "North America", 9_600_00),
        Partner("Rheinblick Messe GmbH", "EUR", "Europe", 7_400_00),
    ),
    {"4000": 18_500_00, "4100": 6_000_00, "4200": 12_500_00},
    *(4_850_00, 3_600_00, 21_400_00, 2_250_00),
    has_tax=True,
    is_clashing=False,
)
NEW_YORK = Organisation(
    "Fieldgate Software Inc",
    *("USD", "GBP", "North America"),
    (
        Partner("Harbourside Events Ltd", "GBP", "United Kingdom", 8_200_00),
        Partner("Salon Lumineux SARL", "EUR", "Europe", 11_900_00),
    ),
    {"4000": 31_000_00, "4100": 15_000_00, "4200": 27_000_00},
    *(6_300_00, 5_900_00, 38_700_00, 4_100_00),
    has_tax=False,
    is_clashing=True,
)
ORGANISATIONS = (LONDON, NEW_YORK)
"""The main one first."""
_SUPPLIERS = {"USD": "Cirrus Compute Inc", "GBP": "Thornbury Data Centres Ltd"}


def begin_books(its: Organisation, today: Day) -> Books:
    """An organisation's books up to a day, but for what subscriptions bring."""
    books = Books(its.name, its.currency, its.foreign)
    this_month = month_of(today)
    for month in range(this_month - MONTHS, this_month + 1):
        _run(books, its, month, today)
    for place, document in enumerate(_partner_invoices(its, this_month, today)):
        if document.day <= today:
            books.take(document._replace(number=f"EV-{place + 1:03}"))
    for draft in _drafts(its, today):
        books.take(draft)
    return books


def bill_subscribers(books: Books, billed: Mapping[Month, int], today: Day) -> None:
    """Invoice what subscriptions were billed in each month, and collect it.

    For months without any the last one's stands, as the bank may already know it.
    """
    amount = 0
    for month in range(month_of(today) - MONTHS, month_of(today)):
        amount = billed.get(month, amount)
        if amount <= 0:
            continue
        day = last_day_of(month)
        paid_on = day + COLLECTED_AFTER
        item = Item(f"Subscriptions billed in {month_text(month)}", CLEARING, amount)
        paid = [Paid(paid_on, amount)] if paid_on <= today else []
        number = f"SUB-{month_text(month)}"
        books.take(Document(SALES, number, day, SUBSCRIBERS, [item], paid=paid))


def documents_of(books: Books, its: Organisation, today: Day) -> Documents:
    """All that Xero's API answers, by kinds."""
    contacts = [
        {"ContactID": id_, "Name": name} for name, id_ in books.contacts.items()
    ]
    found: dict[Kind, Sequence[Mapping[str, Any]]] = {
        Kind.ACCOUNTS: charts.accounts(its.foreign, is_clashing=its.is_clashing),
        Kind.CONTACTS: contacts,
        Kind.TRACKING_CATEGORIES: charts.tracking_categories(),
        Kind.INVOICES: books.invoices,
        Kind.PAYMENTS: books.payments,
        Kind.BANK_TRANSACTIONS: books.bank_transactions,
        Kind.REPEATING_INVOICES: [*_repeating(books, its, today)],
        Kind.BUDGETS: [_budget(its, month_of(today))],
        Kind.MANUAL_JOURNALS: books.manual_journals,
        Kind.JOURNALS: [*books.journals()],
    }
    return {kind: documents for kind, documents in found.items() if documents}


def _run(books: Books, its: Organisation, month: Month, today: Day) -> None:
    """What a month costs, of which the days after today are left out."""
    first, last = first_day_of(month), last_day_of(month)
    rent = Item("Office rent", RENT, its.rent, its.region, "Office")
    wages = Item("Wages", SALARIES, its.salaries, its.region, "Product")
    travel = Item("Trains and flights", TRAVEL, its.rent // 5, its.region, "Sales")
    for day, contact, item in (
        (first + 2, "Bridge House Estates", rent),
        (first + 16, "Company cards", travel),
        (last - 2, "Payroll", wages),
    ):
        if day <= today:
            books.spend(day, contact, item)
    # It grows with the customers, and so does the currency's effect on it.
    hosting = its.hosting + (month % MONTHS) * its.hosting // 50
    name = month_text(month)
    bills = (
        Document(
            *(PURCHASES, f"HOST-{name}", first + 4, _SUPPLIERS[its.foreign]),
            [Item("Compute and storage", HOSTING, hosting, its.region, "Product")],
            currency=its.foreign,
        ),
        Document(
            *(PURCHASES, f"ADS-{name}", first + 11, "Signal & Noise Media"),
            [
                Item(
                    *("Search and trade press", ADVERTISING, its.advertising),
                    *(its.region, "Sales"),
                    has_tax=its.has_tax,
                )
            ],
        ),
    )
    for bill, days in zip(bills, (40, 20), strict=True):
        paid_on = bill.day + days
        paid = [Paid(paid_on, bill.total)] if paid_on <= today else []
        if bill.day <= today:
            books.take(bill._replace(paid=paid))


def _partner_invoices(
    its: Organisation, this_month: Month, today: Day
) -> Iterator[Document]:
    """Invoices in partners' currencies: paid ones, one paid in part, open ones."""
    for months_ago in (9, 6, 4, 2, 1):
        for place, partner in enumerate(its.partners):
            day = first_day_of(this_month - months_ago) + 8 + 6 * place
            whole = partner.amount - months_ago * 150_00
            # An older one was paid, one of two the last but one in part.
            part = 1 if months_ago > 3 else 2 if months_ago > 1 and place else 0
            paid_on = day + 35 + 5 * place
            paid = [Paid(paid_on, whole // part)] if part and paid_on <= today else []
            yield Document(
                *(SALES, "", day, partner.name),
                [
                    Item(
                        *("Sponsored workshop", EVENTS, whole),
                        *(partner.region, "Sales"),
                    )
                ],
                currency=partner.currency,
                paid=paid,
            )


def _drafts(its: Organisation, today: Day) -> Iterator[Document]:
    """An invoice and a bill that wait for approval."""
    partner = its.partners[0]
    workshop = Item(
        "Sponsored workshop, autumn fair", EVENTS, partner.amount, partner.region
    )
    yield Document(
        *(SALES, "EV-DRAFT", today, partner.name, [workshop]),
        currency=partner.currency,
        status="DRAFT",
    )
    stand = Item(
        *("Stand at the autumn fair", ADVERTISING, its.advertising // 2),
        *(its.region, "Sales"),
        has_tax=its.has_tax,
    )
    yield Document(
        *(PURCHASES, "FAIR-DRAFT", today + 3, "Exhibition Builders", [stand]),
        status="DRAFT",
    )


def _repeating(books: Books, its: Organisation, today: Day) -> Iterator[dict[str, Any]]:
    """Rent as a monthly bill, and a partner's retainer as a quarterly invoice."""
    following = first_day_of(month_of(today) + 1)
    partner = its.partners[1]
    retainer = Item("Workshop retainer", EVENTS, partner.amount // 4, partner.region)
    licence = Item("Design licences", "429", its.rent // 8, its.region, "Product")
    for place, (document, period) in enumerate(
        (
            (
                Document(
                    *(SALES, "", following + 9, partner.name, [retainer]),
                    currency=partner.currency,
                ),
                3,
            ),
            (Document(PURCHASES, "", following + 4, "Glyph Tools", [licence]), 1),
        )
    ):
        page = books.page_of(document, "")
        yield {
            **page,
            "RepeatingInvoiceID": f"repeating-{place + 1}",
            "Status": "AUTHORISED",
            "Schedule": {
                "Period": period,
                "Unit": "MONTHLY",
                "StartDate": page["Date"],
                "NextScheduledDate": page["Date"],
                "EndDate": day_text(last_day_of(month_of(today) + 12)),
            },
        }


def _budget(its: Organisation, this_month: Month) -> dict[str, Any]:
    """The overall budget of the past year and half a year to come."""
    planned = {
        **its.revenue,
        HOSTING: its.hosting,
        ADVERTISING: its.advertising * 5 // 4,
        RENT: its.rent,
        SALARIES: its.salaries * 21 // 20,
        TRAVEL: its.rent // 4,
    }
    return {
        "BudgetID": "budget-overall",
        "Type": "OVERALL",
        "Description": "Overall budget",
        "BudgetLines": [
            {
                "AccountID": account_id(code),
                "AccountCode": code,
                "BudgetBalances": [
                    {
                        "Period": month_text(month),
                        "Amount": amount_text(amount, its.currency),
                    }
                    for month in range(
                        this_month - MONTHS, this_month + BUDGET_MONTHS + 1
                    )
                ],
            }
            for code, amount in planned.items()
        ],
    }
