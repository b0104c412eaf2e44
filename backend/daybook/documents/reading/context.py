"""What the fields of one document need to know of it, and of the settings."""

from typing import NamedTuple

from pydantic import ValidationInfo

from daybook.documents.rules import Defaults
from daybook.ledger.rules import UndatedLines
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method

BUILT_IN = Defaults()
"""No settings: every ledger is as a new one."""


class Context(NamedTuple):
    """`currency` is None where the document names none that is in use.

    A credit note without a parent (`is_credit`) has a default method of its own. Lines
    without the dates they need are problems only where `tells_undated` says so.
    """

    currency: str | None
    defaults: Defaults = BUILT_IN
    is_credit: bool = False
    tells_undated: bool = False

    def method(self, product_id: str) -> Method:
        """The method of a line that doesn't say (domain rules 2 and 6)."""
        if self.is_credit:
            return Method.POINT_IN_TIME
        return self.defaults.method(product_id, self.currency or "")

    def takes_undated(self) -> bool:
        """Whether the ledger takes a line without the dates that its method needs."""
        undated = self.defaults.ledger(self.currency or "").undated_lines
        return undated is UndatedLines.ACCOUNTING_DATE

    def strategy(self) -> Strategy:
        """The strategy of a line that doesn't say."""
        return self.defaults.ledger(self.currency or "").strategy


def context_of(info: ValidationInfo) -> Context:
    """The context that a form is validated with."""
    assert isinstance(info.context, Context), "documents are validated with a context"
    return info.context
