"""Customers of the demo whose contracts each show one rule. Pure.

There are prepaid credits that usage burns down, a project with milestones, a billing
schedule in arrears, a discount, a credit note that rebuilds its schedule, a late
invoice, a void and a revision.
"""

from collections.abc import Iterator
from typing import Any

from daybook.calendar import (
    Day,
    Month,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
)

Document = dict[str, Any]

PREPAID = {
    "id": "cus_prepaid",
    "name": "Northwind Labs",
    "legal_name": "Northwind Labs Inc",
}
PROJECT = {
    "id": "cus_project",
    "name": "Harbour Bank",
    "legal_name": "Harbour Bank plc",
}
ARREARS = {"id": "cus_arrears", "name": "Meridian", "legal_name": "Meridian GmbH"}
DISCOUNT = {"id": "cus_discount", "name": "Juniper", "legal_name": "Juniper LLC"}
LATE = {"id": "cus_late", "name": "Old Mill", "legal_name": "Old Mill Ltd"}

API = {"id": "prod_usage", "name": "API calls", "category": "Usage"}
CREDITS = {"id": "prod_credits", "name": "Prepaid credits", "category": "Usage"}
PLATFORM = {"id": "prod_platform", "name": "Platform", "category": "SaaS"}
SUPPORT = {"id": "prod_support", "name": "Premium support", "category": "Services"}
MIGRATION = {"id": "prod_migration", "name": "Data migration", "category": "Services"}


def case_documents(first: Month, last_day: Day) -> Iterator[Document]:
    """Their documents from a month to a day; revised and voided ones appear twice."""
    documents = [
        *_prepaid(first, last_day),
        *_project(first),
        *_in_arrears(first, last_day),
        *_discounted(first),
        *_late(first),
    ]
    return (
        document
        for document in documents
        if document["issued_on"] <= day_text(last_day)
    )


def _document(
    id_: str, customer: dict[str, str], issued_on: Day, **fields: Any
) -> Document:
    return {
        "type": "invoice",
        "id": id_,
        "number": id_.upper().replace("_", "-"),
        "status": "FINAL",
        "currency": "USD",
        "customer": customer,
        "issued_on": day_text(issued_on),
        **fields,
    }


def period(first: Day, last: Day) -> dict[str, str]:
    """The service period of a line."""
    return {"service_from": day_text(first), "service_to": day_text(last)}


def _prepaid(first: Month, last_day: Day) -> Iterator[Document]:
    """5,000.00 of credits, which each month's usage burns down until they are gone."""
    start = first_day_of(first)
    grant = {"id": "grant_northwind", "expires_on": day_text(last_day_of(first + 23))}
    credits_line = {
        "id": "1",
        "product": CREDITS,
        "amount": "5000.00",
        "classification": "PREPAYMENT",
        "credit_grant": grant,
    }
    yield _document("inv_prepaid", PREPAID, start, lines=[credits_line])
    left = 5_000
    for number, month in enumerate(range(first, month_of(last_day) + 1)):
        monday, friday = first_day_of(month) + 6, first_day_of(month) + 17
        used = [(monday, 400 + 25 * number), (friday, 310 + 40 * number)]
        total = sum(amount for _, amount in used)
        usage = {
            "id": "1",
            "product": API,
            "amount": f"{total}.00",
            "method": "USAGE",
            **period(first_day_of(month), last_day_of(month)),
            "usage": [
                {"day": day_text(day), "amount": f"{amount}.00"} for day, amount in used
            ],
        }
        burned = min(left, total)
        left -= burned
        burn_down = {
            "id": "2",
            "product": API,
            "amount": f"-{burned}.00",
            "group": "1",
            "classification": "BURNDOWN",
        }
        lines = [usage, burn_down] if burned else [usage]
        issued_on = last_day_of(month) + 1
        yield _document(f"inv_prepaid_{number:02}", PREPAID, issued_on, lines=lines)


def _project(first: Month) -> Iterator[Document]:
    """A project that is billed at once and earned at three milestones; one is open."""
    start = first_day_of(first + 2) + 9
    milestones: list[dict[str, Any]] = [
        {"id": "design", "name": "Design", "percent": "30"},
        {"id": "go-live", "name": "Go-live", "percent": "50"},
        {"id": "handover", "name": "Handover", "percent": "20"},
    ]
    completed: list[Day | None] = [None, None, None]
    reached = [start, last_day_of(first + 4), first_day_of(first + 7) + 14]
    for number, issued_on in enumerate(reached):
        if number:
            completed[number - 1] = issued_on
        line = {
            "id": "1",
            "product": MIGRATION,
            "amount": "48000.00",
            "method": "MILESTONE",
            "milestones": [
                {**milestone, "completed_on": None if day is None else day_text(day)}
                for milestone, day in zip(milestones, completed, strict=True)
            ],
        }
        dates = {"accounting_date": day_text(start)}
        yield _document("inv_project", PROJECT, issued_on, lines=[line], **dates)


def _in_arrears(first: Month, last_day: Day) -> Iterator[Document]:
    """600.00 a month from a 16th, accrued before its invoices; one of them differs."""
    start, end = first_day_of(first + 1) + 15, last_day_of(first + 24)
    yield {
        **_document("bs_meridian", ARREARS, start),
        "type": "billing_schedule",
        "status": "ACTIVE",
        "product": PLATFORM,
        "timing": "IN_ARREARS",
        "frequency": "MONTHLY",
        "price": "600.00",
        **period(start, end),
    }
    for month in range(first + 1, month_of(last_day)):
        from_day = max(start, first_day_of(month))
        line = {
            "id": "1",
            "product": PLATFORM,
            "amount": "309.68" if from_day == start else "600.00",
            **period(from_day, last_day_of(month)),
        }
        if month == first + 5:
            line["amount"] = "620.00"
        issued_on = last_day_of(month) + 1
        yield _document(
            f"inv_meridian_{day_text(issued_on)[:7]}",
            ARREARS,
            issued_on,
            billing_schedule_id="bs_meridian",
            lines=[line],
        )


def _discounted(first: Month) -> Iterator[Document]:
    """A 10 % discount over two lines; later a part is credited as if never sold."""
    start = first_day_of(first + 1)
    year = period(start, last_day_of(first + 12))
    lines = [
        {"id": "1", "product": PLATFORM, "amount": "9600.00", **year},
        {"id": "2", "product": SUPPORT, "amount": "2400.00", **year},
    ]
    yield _document("inv_juniper", DISCOUNT, start, discount="1200.00", lines=lines)
    yield {
        **_document("cn_juniper", DISCOUNT, first_day_of(first + 7)),
        "type": "credit_note",
        "invoice_id": "inv_juniper",
        "treatment": "REBUILD",
        "lines": [{"id": "1", "invoice_line_id": "1", "amount": "1500.00"}],
    }


def _late(first: Month) -> Iterator[Document]:
    """A revised invoice that arrives after its first months are locked, and a void."""
    issued_on = first_day_of(first + 8) + 3
    line = {
        "id": "1",
        "product": PLATFORM,
        "amount": "7200.00",
        **period(first_day_of(first + 3), last_day_of(first + 14)),
    }
    late = {"accounting_date": day_text(first_day_of(first + 3))}
    yield _document("inv_old_mill", LATE, issued_on, lines=[line], **late)
    revised = {**line, "amount": "6600.00"}
    issued_again = first_day_of(first + 9) + 5
    yield _document("inv_old_mill", LATE, issued_again, lines=[revised], **late)
    mistaken = _document("inv_mistake", LATE, issued_on, lines=[line])
    yield mistaken
    yield {**mistaken, "status": "VOIDED", "issued_on": day_text(issued_again)}
