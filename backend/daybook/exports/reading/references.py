"""What movements refer to: documents, schedules, customers and products, by their ids.

They are read once, instead of being joined to each movement: a year of an invoice is
thirteen journals, which all name the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, case, func, select
from sqlalchemy.orm import aliased

from daybook.calendar import Day
from daybook.db.engine import ReadSession
from daybook.db.fast.compiled import CompiledSelect, fetch_rows_in
from daybook.db.lists import rows_in_lists
from daybook.documents.models import StoredDocument
from daybook.ledger.models import Customer, Product
from daybook.ledger.pins import Pin
from daybook.recognition.models import Schedule
from daybook.reports.former_names import (
    customer_legal_name,
    customer_name,
    document_number,
    product_category,
    product_name,
)
from daybook.reports.journals.stories import is_special_document, is_special_schedule

KEPT = 8_192
"""How many rows of a table are kept: journals of a batch of documents go by month."""
RANGE_WORTH = 32
"""A list is read rather than a range if this times as many rows are in the range: other
documents of a batch will be referred to soon."""

_Parent = aliased(StoredDocument)
Referred = TypeVar("Referred")


class ReferredDocument(NamedTuple):
    """A document; `is_special` says whether narratives of its journals are."""

    kind: int
    external_id: str
    number: str
    parent_id: str | None
    parent_number: str | None
    recorded_in: int
    is_special: int


class ReferredSchedule(NamedTuple):
    """A schedule's service days and family; `is_special` as for documents."""

    first_day: Day | None
    last_day: Day | None
    recognized_on: Day | None
    is_special: int
    family_id: int | None


class ReferredCustomer(NamedTuple):
    """A customer; absent names are empty."""

    external_id: str = ""
    legal_name: str = ""
    name: str = ""


class ReferredProduct(NamedTuple):
    """A product, or none: then only its name is a text."""

    name: str = ""
    external_id: str | None = None
    category: str | None = None


class References(NamedTuple):
    """What some movements refer to, by ids; `None` is the id of what is absent."""

    documents: Mapping[int, ReferredDocument]
    schedules: Mapping[int | None, ReferredSchedule]
    customers: Mapping[int | None, ReferredCustomer]
    products: Mapping[int | None, ReferredProduct]


_NO_SCHEDULE = ReferredSchedule(None, None, None, 0, None)


class ReferenceReader:
    """Reads references with the names of a pin, and keeps them for later slices."""

    def __init__(self, pin: Pin) -> None:
        self._documents = _Table(
            _documents(pin), StoredDocument.id, ReferredDocument._make
        )
        self._schedules = _Table(
            _schedules(pin), Schedule.id, ReferredSchedule._make, _NO_SCHEDULE
        )
        self._customers = _Table(
            _customers(pin), Customer.id, ReferredCustomer._make, ReferredCustomer()
        )
        self._products = _Table(
            _products(pin), Product.id, ReferredProduct._make, ReferredProduct()
        )

    async def read(
        self, session: ReadSession, ids: Iterable[Sequence[Any]]
    ) -> References:
        """The references of ids: of a schedule, document, customer and product each."""
        schedules, documents, customers, products = map(set, zip(*ids, strict=True))
        return References(
            await self._documents.read(session, documents),
            await self._schedules.read(session, schedules),
            await self._customers.read(session, customers),
            await self._products.read(session, products),
        )


class _Table(Generic[Referred]):
    """Reads rows of a table by ids, whose column comes first, and keeps `KEPT`."""

    def __init__(
        self,
        statement: Select[*tuple[Any, ...]],
        id_: Any,
        make: Callable[[Sequence[Any]], Referred],
        absent: Referred | None = None,
    ) -> None:
        self._statement, self._id, self._make = statement, id_, make
        within = id_.between(number_parameter("first"), number_parameter("last"))
        self._range = CompiledSelect(statement.where(within))
        self._absent: dict[Any, Referred] = {} if absent is None else {None: absent}
        self._kept = dict(self._absent)

    async def read(
        self, session: ReadSession, ids: set[int | None]
    ) -> Mapping[Any, Referred]:
        """The rows with these ids, and maybe others."""
        missing = ids - self._kept.keys()
        if len(missing) + len(self._kept) > KEPT:
            self._kept, missing = dict(self._absent), ids - self._absent.keys()
        for row in await self._rows(session, missing):
            self._kept[row[0]] = self._make(row[1:])
        return self._kept

    async def _rows(
        self, session: ReadSession, ids: Iterable[Any]
    ) -> Sequence[Sequence[Any]]:
        numbers = sorted(ids)
        if not numbers:
            return ()
        first, last = numbers[0], numbers[-1]
        if last - first < min(RANGE_WORTH * len(numbers), KEPT):
            ends = {"first": first, "last": last}
            return await fetch_rows_in(session, self._range, ends)
        return await rows_in_lists(session, self._statement, self._id.in_, numbers)


def number_parameter(name: str) -> ColumnElement[int]:
    """A parameter of a compiled statement."""
    return bindparam(name, type_=BigInteger, required=False)


def _documents(pin: Pin) -> Select[*tuple[Any, ...]]:
    return (
        select(
            StoredDocument.id,
            StoredDocument.kind,
            StoredDocument.external_id,
            document_number(pin),
            _Parent.external_id,
            document_number(pin, _Parent),
            StoredDocument.recorded_in,
            case((is_special_document(), 1), else_=0),
        )
        .outerjoin(
            _Parent,
            (_Parent.ledger_id == StoredDocument.ledger_id)
            & (_Parent.id == StoredDocument.parent_id),
        )
        .where(StoredDocument.ledger_id == pin.ledger_id)
    )


def _schedules(pin: Pin) -> Select[*tuple[Any, ...]]:
    return select(
        *(Schedule.id, Schedule.first_day, Schedule.last_day, Schedule.recognized_on),
        case((is_special_schedule(), 1), else_=0),
        func.coalesce(Schedule.family_id, Schedule.id),
    ).where(Schedule.ledger_id == pin.ledger_id)


def _customers(pin: Pin) -> Select[*tuple[Any, ...]]:
    return select(
        *(Customer.id, Customer.external_id),
        *(customer_legal_name(pin), customer_name(pin)),
    ).where(Customer.organisation_id == pin.organisation_id)


def _products(pin: Pin) -> Select[*tuple[Any, ...]]:
    return select(
        *(Product.id, product_name(pin), Product.external_id, product_category(pin))
    ).where(Product.organisation_id == pin.organisation_id)
