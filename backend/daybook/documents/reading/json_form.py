"""The JSON form of documents: which fields there are.

One rulebook for every way in: CSV rows become this form before they are checked. What
a field may hold is in `json_fields`; from here to documents is `building`.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from daybook.documents.reading.json_fields import (
    Amount,
    CreditedAmount,
    Currency,
    Date,
    Description,
    Earned,
    Id,
    Name,
    NoDiscount,
    NotYet,
    OfParent,
    Reversal,
    StatusName,
    StrategyName,
    TimingName,
    one_of,
    point_of_its_method,
    whole_period,
)
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method

LINES_MAX = 30_000
"""The most lines of one document."""

_LATER_METHODS = ("USAGE", "MILESTONE")
_ANY_LINES = Field(min_length=1, max_length=LINES_MAX)


class Form(BaseModel):
    """What all forms share: types are exact, and unknown fields are refused."""

    model_config = ConfigDict(strict=True, extra="forbid")


class CustomerForm(Form):
    """Who the document is for."""

    id: Id
    name: Name
    legal_name: Name | None = None


class ProductForm(Form):
    """What was sold."""

    id: Id
    name: Name
    category: Name | None = None


class SoldLineForm(Form):
    """A line that has terms of its own; null is the same as leaving a field out."""

    id: Id
    product: ProductForm
    description: Description | None = None
    amount: Amount
    method: Annotated[
        Method, one_of(Method, *_LATER_METHODS, default=Method.STRAIGHT_LINE)
    ] = Method.STRAIGHT_LINE
    timing: TimingName | None = None
    strategy: StrategyName = Strategy.DAILY_RATE_EVEN_MONTHS
    service_to: Date | None = None
    service_from: Annotated[Date | None, AfterValidator(whole_period)] = Field(
        default=None, validate_default=True
    )
    recognized_on: Annotated[Date | None, AfterValidator(point_of_its_method)] = None
    classification: Earned = None
    group: NotYet = None
    usage: NotYet = None
    milestones: NotYet = None
    credit_grant: NotYet = None
    credit_grant_id: NotYet = None


class StandaloneLineForm(SoldLineForm):
    """A line of a credit note that credits no invoice."""

    amount: CreditedAmount
    method: Annotated[
        Method, one_of(Method, *_LATER_METHODS, default=Method.POINT_IN_TIME)
    ] = Method.POINT_IN_TIME


class CreditedLineForm(Form):
    """A line of a credit note that credits a line of its invoice."""

    id: Id
    invoice_line_id: Id
    description: Description | None = None
    amount: CreditedAmount
    product: OfParent = None
    method: OfParent = None
    timing: OfParent = None
    strategy: OfParent = None
    service_from: OfParent = None
    service_to: OfParent = None
    recognized_on: OfParent = None
    classification: Earned = None
    group: NotYet = None
    usage: NotYet = None
    milestones: NotYet = None
    credit_grant: NotYet = None
    credit_grant_id: NotYet = None


class DocumentForm(Form):
    """What all documents have; `type` has chosen the form already."""

    type: str
    id: Id
    number: Id | None = None
    status: StatusName
    currency: Currency
    customer: CustomerForm
    issued_on: Date
    accounting_date: Date | None = None


class InvoiceForm(DocumentForm):
    """An invoice."""

    billing_schedule_id: NotYet = None
    discount: NoDiscount = None
    lines: list[SoldLineForm] = _ANY_LINES


class CreditNoteForm(DocumentForm):
    """A credit note on an invoice."""

    invoice_id: Id
    treatment: Reversal = None
    lines: list[CreditedLineForm] = _ANY_LINES


class StandaloneCreditNoteForm(DocumentForm):
    """A credit note that credits no invoice."""

    invoice_id: None = None
    treatment: Reversal = None
    lines: list[StandaloneLineForm] = _ANY_LINES
