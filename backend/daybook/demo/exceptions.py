"""What a reviewer looks for in the month that is being closed, in each currency. Pure.

In the month there are an invoice that came too late for the months before, a revision,
a void, credit notes of each kind, a project with an open milestone, accruals that
nobody has invoiced, a cancelled contract, prepaid credits, and a product whose method
nobody set.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from daybook.calendar import Day, Month, day_text, first_day_of, last_day_of
from daybook.demo.cases import (
    API,
    CREDITS,
    MIGRATION,
    PLATFORM,
    SUPPORT,
    Document,
    period,
)

WORKSHOP = {"id": "prod_workshop", "name": "Workshop", "category": "Events"}
"""Sold for the first time: nobody has set its method or mapped its revenue yet."""

LATE, REVISED, MISTAKEN, CREDITED, PROJECT, ACCRUED, CANCELLED, PREPAID, TRAINED = (
    *("late", "revised", "mistaken", "credited", "project", "accrued", "cancelled"),
    *("prepaid", "trained"),
)
NAMES: Mapping[str, Mapping[str, str]] = {
    "USD": {
        LATE: "Blackwater Freight",
        REVISED: "Sunfield Dairy",
        MISTAKEN: "Copperline",
        CREDITED: "Lantern Books",
        PROJECT: "First Bay Credit Union",
        ACCRUED: "Tamarack Mutual",
        CANCELLED: "Dovetail Homes",
        PREPAID: "Polar Imaging",
        TRAINED: "Redbrick College",
    },
    "GBP": {
        LATE: "Severn Haulage",
        REVISED: "Dalesway Cheese",
        MISTAKEN: "Tinsmith & Co",
        CREDITED: "Quayside Press",
        PROJECT: "Pennine Building Society",
        ACCRUED: "Cairngorm Assurance",
        CANCELLED: "Larchwood Lettings",
        PREPAID: "Solent Scanning",
        TRAINED: "Ashgrove School",
    },
}
"""Customers of each currency, by what is seen of them."""
_PERCENT: Mapping[str, int] = {"USD": 100, "GBP": 80}


class Case(NamedTuple):
    """A currency's documents of the month that is being closed."""

    currency: str
    month: Month

    def documents(self) -> Iterator[Document]:
        """As they come at first."""
        start, end = first_day_of(self.month), last_day_of(self.month)
        yield self.invoice(
            LATE,
            end,
            self.line(PLATFORM, 9_000, self.year(start=self.month - 2)),
            accounting_date=day_text(first_day_of(self.month - 1) + 4),
        )
        yield self.invoice(REVISED, start + 2, self.line(PLATFORM, 12_000, self.year()))
        yield self.invoice(MISTAKEN, start + 9, self.line(PLATFORM, 2_400, self.year()))
        yield self.invoice(
            CREDITED,
            start,
            self.line(PLATFORM, 6_000, self.year()),
            self.line(SUPPORT, 1_200, self.year()),
            discount=self.amount(600),
        )
        yield self.invoice(PROJECT, start + 4, self._milestones(start + 6))
        yield self._schedule(ACCRUED, start + 15)
        yield self._schedule(CANCELLED, start)
        yield from self._prepaid(start, end)
        workshop = self.line(WORKSHOP, 2_800, period(start + 11, start + 12))
        yield self.invoice(TRAINED, start + 13, workshop)

    def corrections(self) -> Iterator[Document]:
        """What follows: a revision, a void, credit notes and a cancellation."""
        start = first_day_of(self.month)
        yield self.invoice(REVISED, start + 2, self.line(PLATFORM, 10_800, self.year()))
        mistaken = self.line(PLATFORM, 2_400, self.year())
        yield {**self.invoice(MISTAKEN, start + 9, mistaken), "status": "VOIDED"}
        yield self._credit("1", 900, start + 19)
        yield {**self._credit("2", 300, start + 22), "treatment": "REBUILD"}
        goodwill = self.line(SUPPORT, 150, method="POINT_IN_TIME")
        yield {
            **self.invoice(CREDITED, start + 24, goodwill),
            **self._named("cn", "goodwill"),
            "type": "credit_note",
        }
        yield {
            **self._schedule(CANCELLED, start),
            "status": "CANCELLED",
            "cancelled_on": day_text(start + 14),
        }

    def amount(self, whole: int) -> str:
        """An amount by what it is in dollars, a multiple of 5."""
        return f"{whole * _PERCENT[self.currency] // 100}.00"

    def customer(self, what: str) -> dict[str, str]:
        """The customer of a case."""
        id_ = f"cus_{what}_{self.currency.lower()}"
        return {"id": id_, "name": NAMES[self.currency][what]}

    def id_of(self, kind: str, what: str) -> str:
        """The id of a case's document; `kind` is `inv`, `cn` or `bs`."""
        return f"{kind}_{what}_{self.currency.lower()}"

    def invoice(
        self, what: str, issued_on: Day, *lines: Document, **fields: Any
    ) -> Document:
        """An invoice of a case's customer."""
        return {
            "type": "invoice",
            **self._named("inv", what),
            "status": "FINAL",
            "currency": self.currency,
            "customer": self.customer(what),
            "issued_on": day_text(issued_on),
            "lines": [
                {"id": str(number), **line} for number, line in enumerate(lines, 1)
            ],
            **fields,
        }

    def line(
        self,
        product: Mapping[str, str],
        whole: int,
        days: Mapping[str, str] | None = None,
        **terms: Any,
    ) -> Document:
        """A line of a product, over some days."""
        amount = self.amount(whole)
        return {"product": product, "amount": amount, **(days or {}), **terms}

    def year(self, start: Month | None = None) -> dict[str, str]:
        """Twelve months from the month that is being closed, or from another one."""
        month = self.month if start is None else start
        return period(first_day_of(month), last_day_of(month + 11))

    def _named(self, kind: str, what: str) -> dict[str, str]:
        id_ = self.id_of(kind, what)
        return {"id": id_, "number": id_.upper().replace("_", "-")}

    def _milestones(self, completed_on: Day) -> Document:
        """18,000.00, of which 30 % are earned and the rest waits for its milestone."""
        milestones = [
            {
                "id": "design",
                "name": "Design",
                "percent": "30",
                "completed_on": day_text(completed_on),
            },
            {"id": "acceptance", "name": "Acceptance", "percent": "70"},
        ]
        return self.line(MIGRATION, 18_000, method="MILESTONE", milestones=milestones)

    def _schedule(self, what: str, start: Day) -> Document:
        """1,200.00 a month in arrears, which nobody has invoiced yet."""
        return {
            "type": "billing_schedule",
            **self._named("bs", what),
            "status": "ACTIVE",
            "currency": self.currency,
            "customer": self.customer(what),
            "issued_on": day_text(start),
            "product": PLATFORM,
            "timing": "IN_ARREARS",
            "frequency": "MONTHLY",
            "price": self.amount(1_200),
            **period(start, last_day_of(self.month + 11)),
        }

    def _prepaid(self, start: Day, end: Day) -> Iterator[Document]:
        """3,000.00 of credits, of which the month's usage burns 710.00 down."""
        grant = self.line(CREDITS, 3_000, classification="PREPAYMENT")
        grant["credit_grant"] = {"id": self.id_of("grant", PREPAID)}
        yield self.invoice(PREPAID, start, grant)
        usage = self.line(API, 710, period(start, end), method="USAGE")
        usage["usage"] = [
            {"day": day_text(start + 6), "amount": self.amount(400)},
            {"day": day_text(start + 17), "amount": self.amount(310)},
        ]
        burned = {"product": API, "group": "1", "classification": "BURNDOWN"}
        burned["amount"] = f"-{self.amount(710)}"
        used = self.invoice(PREPAID, end + 1, usage, burned)
        yield {**used, **self._named("inv", f"{PREPAID}_used")}

    def _credit(self, line_id: str, whole: int, issued_on: Day) -> Document:
        """A credit note on a line of the invoice that is credited twice."""
        credited = {
            "id": "1",
            "invoice_line_id": line_id,
            "amount": self.amount(whole),
        }
        return {
            "type": "credit_note",
            **self._named("cn", f"{CREDITED}_{line_id}"),
            "status": "FINAL",
            "currency": self.currency,
            "customer": self.customer(CREDITED),
            "invoice_id": self.id_of("inv", CREDITED),
            "issued_on": day_text(issued_on),
            "lines": [credited],
        }
