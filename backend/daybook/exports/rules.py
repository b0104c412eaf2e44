"""What an export renders: a movement with everything that its lines name. Pure."""

from enum import StrEnum
from typing import NamedTuple

from daybook.calendar import Day, Month
from daybook.ledger.rules import Role


class Granularity(StrEnum):
    """One entry a day, or one line a month for each journal, account and direction."""

    DAILY = "daily"
    MONTHLY = "monthly"


class ExportMovement(NamedTuple):
    """A movement cut to the export's days, with the names that its lines carry.

    `narrative` tells the movement, `journal_narrative` its journal. `invoice_id` and
    `invoice_number` are a credit note's parent's, if it has one.
    """

    journal: int
    month: Month
    debit: Role
    credit: Role
    amount: int
    daily: int
    first_day: Day
    last_day: Day
    narrative: str
    journal_narrative: str
    product_name: str
    customer_id: str
    customer_name: str
    invoice_id: str
    invoice_number: str
