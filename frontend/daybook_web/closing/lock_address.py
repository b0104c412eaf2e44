"""The lock that an address or a form asks for, and the days that it changes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from daybook.adjustments.rules import Status
from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    day_of,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
    parse_day,
)
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.closing.lock_results import LockLedger
from daybook_web.closing.view import PATH
from daybook_web.kit.tokens import SEEN

LOCK = f"{PATH}/lock"
NEWS = f"{LOCK}/news"
BY_DATE = "CUSTOM_DATE"
BY_DOCUMENT = "ACCOUNTING_DATE"
WAITING = [Status.DRAFT.name, Status.SUBMITTED.name, Status.REJECTED.name]


@dataclass(frozen=True, slots=True)
class AskedLock:
    """A lock of a ledger, and the month whose close it is a step of.

    `through` is the last locked day as it was typed: `2026-10-31`, or empty for none.
    """

    currency: str
    month: Month
    method: str
    through: str

    @classmethod
    def of(
        cls, given: Mapping[str, str], ledger: LockLedger, month: Month
    ) -> "AskedLock":
        """The lock that was asked for; by default one that closes the month.

        By default it never opens a day: for a month that is locked, and where each
        document has its own lock, it is the lock as it is.
        """
        method = given.get("method", ledger.lock_method)
        if method == BY_DOCUMENT:
            return cls(ledger.currency, month, method, "")
        closed = max(
            min(last_day_of(month), LAST_DAY - 1), _locked(ledger) or FIRST_DAY
        )
        through = given.get("through", day_text(closed)).strip()
        day = _day_in(through)
        its_month = month if day is None else month_of(day)
        return cls(ledger.currency, its_month, BY_DATE, through)

    @property
    def setting(self) -> dict[str, Any]:
        """The lock as the API takes it."""
        return {
            "ledgerId": encode(LedgerId(self.currency)),
            "method": self.method,
            "lockedThrough": self.through or None,
        }

    def days(self, ledger: LockLedger) -> tuple[Day, Day] | None:
        """The first and the last day that would open or close, if any.

        `FIRST_DAY` means all days up to the last.
        """
        old, new = _locked(ledger), _day_in(self.through)
        ends = sorted(day for day in (old, new) if day is not None)
        if old == new:
            return None
        return (FIRST_DAY if len(ends) == 1 else ends[0] + 1), ends[-1]

    def news_url(self, recording: int) -> str:
        """Where its page asks for later recordings than the given one."""
        seen = {
            "currency": self.currency,
            "method": self.method,
            "through": self.through,
            SEEN: recording,
        }
        return f"{NEWS}?{urlencode(seen)}"

    def variables(self, ledger: LockLedger) -> dict[str, Any]:
        """What the operation of the page is run with."""
        days = self.days(ledger)
        first, last = days or (FIRST_DAY, FIRST_DAY)
        return {
            **self.setting,
            "currency": self.currency,
            "month": day_text(first_day_of(self.month)),
            "before": _posted_by(first - 1) if first > FIRST_DAY else {},
            "after": _posted_by(last),
            "waiting": {
                "ledgerId": self.setting["ledgerId"],
                "status": WAITING,
                "date": {"to": day_text(last)},
            },
            "recurring": {
                "ledgerId": self.setting["ledgerId"],
                "status": WAITING,
                "begunBy": day_text(last),
            },
            "dated": {"to": day_text(last)},
            "withBefore": days is not None and first > FIRST_DAY,
            "withAfter": days is not None,
            "withReport": True,
        }


NOTHING_YET: Mapping[str, Any] = {
    "ledgerId": "",
    "month": "2000-01-01",
    "method": BY_DATE,
    "before": {},
    "after": {},
    "waiting": {},
    "recurring": {},
    "withBefore": False,
    "withAfter": False,
    "withReport": False,
}
"""The variables of the operation that loads the ledgers only."""


def lock_url(currency: str, month: Month) -> str:
    """The page that shows what a lock through the end of a month does."""
    query = urlencode({"currency": currency, "month": month_text(month)})
    return f"{LOCK}?{query}"


def _locked(ledger: LockLedger) -> Day | None:
    through = ledger.locked_through
    return None if through is None else day_of(through)


def _day_in(text: str) -> Day | None:
    """The day that a text is; None for none, and for text that the API refuses."""
    try:
        return parse_day(text)
    except ValueError:
        return None


def _posted_by(day: Day) -> dict[str, Any]:
    """All that is posted by the end of a day, also what is scheduled until then."""
    text = day_text(day)
    return {"posted": {"to": text}, "on": text}
