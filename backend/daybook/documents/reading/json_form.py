"""The JSON form of documents: which fields there are.

There is one rulebook: CSV rows become this form before they are checked. The types of
fields are in `json_fields`, the rules between fields in `field_rules`, `line_rules` and
`group_rules`; `building` turns forms into documents.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from daybook.documents.reading.field_rules import (
    either_amount_or_percent,
    point_of_its_method,
    whole_period,
    within_or_just_after,
)
from daybook.documents.reading.json_fields import (
    Amount,
    ClassificationName,
    CreditedAmount,
    Currency,
    Date,
    Description,
    Discount,
    Earned,
    FrequencyName,
    Id,
    MethodName,
    Name,
    OfParent,
    Percent,
    Price,
    Reversal,
    ScheduleStatusName,
    StatusName,
    StraightLine,
    StrategyName,
    TimingName,
    TreatmentName,
)
from daybook.recognition.rules import Classification, Treatment

LINES_MAX = 30_000
"""The largest number of lines of one document."""
PARTS_MAX = 10_000
"""The largest number of usage days, or of milestones, of one line."""

_ANY_LINES = Field(min_length=1, max_length=LINES_MAX)
_ANY_PARTS = Field(default=None, max_length=PARTS_MAX)


class JsonForm(BaseModel):
    """What all forms share: types are exact, and unknown fields are refused."""

    model_config = ConfigDict(strict=True, extra="forbid")


class CustomerForm(JsonForm):
    """Who the document is for."""

    id: Id
    name: Name
    legal_name: Name | None = None


class ProductForm(JsonForm):
    """What was sold."""

    id: Id
    name: Name
    category: Name | None = None


class UsageForm(JsonForm):
    """What was used on a day."""

    day: Date
    amount: Amount


class MilestoneForm(JsonForm):
    """A part of a line that is earned when it is reached."""

    id: Id
    name: Name
    amount: Amount | None = None
    percent: Annotated[Percent | None, AfterValidator(either_amount_or_percent)] = (
        Field(default=None, validate_default=True)
    )
    completed_on: Date | None = None


class CreditGrantForm(JsonForm):
    """What a prepayment grants."""

    id: Id
    expires_on: Date | None = None


class SoldLineForm(JsonForm):
    """A line that has terms of its own; null is the same as leaving a field out."""

    id: Id
    product: ProductForm
    description: Description | None = None
    amount: Amount
    group: Id | None = None
    classification: ClassificationName = Classification.EARNED
    method: MethodName | None = None
    timing: TimingName | None = None
    strategy: StrategyName | None = None
    service_to: Date | None = None
    service_from: Annotated[Date | None, AfterValidator(whole_period)] = Field(
        default=None, validate_default=True
    )
    recognized_on: Annotated[Date | None, AfterValidator(point_of_its_method)] = None
    usage: list[UsageForm] | None = _ANY_PARTS
    milestones: list[MilestoneForm] | None = _ANY_PARTS
    credit_grant: CreditGrantForm | None = None
    credit_grant_id: Id | None = None

    @property
    def other_group(self) -> str | None:
        """The line whose schedule it shares, if it has none of its own."""
        return None if self.group == self.id else self.group


class StandaloneLineForm(SoldLineForm):
    """A line of a credit note that credits no invoice."""

    amount: CreditedAmount
    classification: Earned = Classification.EARNED


class CreditedLineForm(JsonForm):
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
    classification: Earned = Classification.EARNED
    group: OfParent = None
    usage: OfParent = None
    milestones: OfParent = None
    credit_grant: OfParent = None
    credit_grant_id: OfParent = None


class HeadForm(JsonForm):
    """What all documents have; their `type` has selected the form."""

    type: str
    id: Id
    number: Id | None = None
    currency: Currency
    customer: CustomerForm


class DocumentForm(HeadForm):
    """What invoices and credit notes have."""

    status: StatusName
    issued_on: Date
    accounting_date: Date | None = None


class InvoiceForm(DocumentForm):
    """An invoice."""

    billing_schedule_id: Id | None = None
    discount: Discount | None = None
    lines: list[SoldLineForm] = _ANY_LINES


class CreditNoteForm(DocumentForm):
    """A credit note on an invoice."""

    invoice_id: Id
    treatment: TreatmentName = Treatment.REVERSAL
    lines: list[CreditedLineForm] = _ANY_LINES


class StandaloneCreditNoteForm(DocumentForm):
    """A credit note that credits no invoice."""

    invoice_id: None = None
    treatment: Reversal = Treatment.REVERSAL
    lines: list[StandaloneLineForm] = _ANY_LINES


class BillingScheduleForm(HeadForm):
    """What is billed at a price per period, and accrues before it is invoiced."""

    status: ScheduleStatusName
    issued_on: Date | None = None
    product: ProductForm
    timing: TimingName | None = None
    frequency: FrequencyName
    price: Price
    method: StraightLine | None = None
    service_to: Date
    service_from: Annotated[Date, AfterValidator(whole_period)]
    cancelled_on: Annotated[Date | None, AfterValidator(within_or_just_after)] = Field(
        default=None, validate_default=True
    )
