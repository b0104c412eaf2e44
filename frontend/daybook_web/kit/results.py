"""Results of operations as typed values: what views are made of.

A result class names the fields that its page reads, in Python's spelling; the class of
a whole operation has the operation's name. Fields that no class names are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, TypeVar

from pydantic import ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel

from daybook.money import decimal_text

DEBIT = "DEBIT"


@dataclass(frozen=True, slots=True)
class Result:
    """An object of a result; the schema's `totalCount` is its `total_count`."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel)


@dataclass(frozen=True, slots=True)
class Changed(Result):
    """A mutation's payload without fields, for pages that read none."""


ResultType = TypeVar("ResultType", bound=Result)


def read_result(kind: type[ResultType], data: Mapping[str, Any]) -> ResultType:
    """The result as a value; raises pydantic's ValidationError if it doesn't fit."""
    # mypy takes the class for one of its objects, which hash otherwise.
    found: ResultType = _adapter(kind).validate_python(data)  # type: ignore[arg-type]  # mypy knows no type forms
    return found


@cache
def _adapter(kind: type[Result]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@dataclass(frozen=True, slots=True)
class Money(Result):
    """An amount as a decimal string, in the currency of its page."""

    amount: str

    @classmethod
    def of(cls, minor: int, decimals: int) -> "Money":
        """An amount given in minor units."""
        return cls(decimal_text(minor, decimals))

    @property
    def minor(self) -> int:
        """The amount in minor units, of any size: `12.34` is 1234."""
        return int(self.amount.replace(".", ""))

    @property
    def decimals(self) -> int:
        """How many decimals the amount has."""
        return len(self.amount.partition(".")[2])


@dataclass(frozen=True, slots=True)
class CurrencyAmount(Money):
    """An amount with its currency, where that isn't its page's."""

    currency: str


@dataclass(frozen=True, slots=True)
class PageInfo(Result):
    """Where a page of a list starts and ends, and whether there are others."""

    has_previous_page: bool
    has_next_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class FilePosting(Result):
    """As what a file was loaded into its target, and when."""

    posted_on: date
    reference: str


@dataclass(frozen=True, slots=True)
class PostedFile(Result):
    """An exported file that is posted."""

    number: str
    posting: FilePosting


@dataclass(frozen=True, slots=True)
class Attachment(Result):
    """A file that is kept as evidence."""

    number: str
    filename: str
    bytes: str
    sha256: str
    description: str | None
    url: str
    attached_at: datetime
    attached_by: str | None


@dataclass(frozen=True, slots=True)
class NewestAttachments(Result):
    """The newest files that are evidence of something, and how many there are."""

    total_count: int
    nodes: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class Account(Result):
    """One side of a movement."""

    role: str
    name: str


@dataclass(frozen=True, slots=True)
class LedgerAccount(Account):
    """An account with its normal side."""

    normal_balance: str


@dataclass(frozen=True, slots=True)
class AccountTotal(Result):
    """What an account receives and gives."""

    account: LedgerAccount
    debit: Money
    credit: Money

    @property
    def gain(self) -> Money:
        """What the account gained on its normal side."""
        gain = self.debit.minor - self.credit.minor
        is_debit = self.account.normal_balance == DEBIT
        return Money.of(gain if is_debit else -gain, self.debit.decimals)


@dataclass(frozen=True, slots=True)
class Party(Result):
    """A customer or a product."""

    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class MonthAmount(Result):
    """An amount of a calendar month, which is named by its first day."""

    month: date
    amount: Money
