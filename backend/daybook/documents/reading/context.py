"""What validating one document's fields needs: its currency, and the settings."""

from typing import NamedTuple

from pydantic import ValidationInfo

from daybook.documents.rules import Defaults
from daybook.ledger.rules import UndatedLines
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method

BUILT_IN = Defaults()
"""No settings: those of a new ledger."""


class Context(NamedTuple):
    """The validation context of one document.

    `currency` is None if the document names none in use. A credit note without a parent
    (`is_credit`) has a default method of its own. Lines without the dates they need are
    problems only with `reports_undated`.
    """

    currency: str | None
    defaults: Defaults = BUILT_IN
    is_credit: bool = False
    reports_undated: bool = False

    def method(self, product_id: str) -> Method:
        """The method of a line that states none (domain rules 2 and 6)."""
        if self.is_credit:
            return Method.POINT_IN_TIME
        return self.defaults.method(product_id, self.currency or "")

    def takes_undated(self) -> bool:
        """Whether the ledger takes a line without the dates that its method needs."""
        undated = self.defaults.ledger(self.currency or "").undated_lines
        return undated is UndatedLines.ACCOUNTING_DATE

    def strategy(self) -> Strategy:
        """The strategy of a line that states none."""
        return self.defaults.ledger(self.currency or "").strategy


def context_of(info: ValidationInfo) -> Context:
    """The context that a form is validated with."""
    assert isinstance(info.context, Context), "documents are validated with a context"
    return info.context
