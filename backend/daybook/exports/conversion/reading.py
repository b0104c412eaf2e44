"""Reads what the conversion of some journals needs: the whole of their families."""

from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import select

from daybook.calendar import Day
from daybook.db.engine import ReadSession
from daybook.db.lists import rows_in_lists, scalars_in_lists
from daybook.documents.models import StoredDocument
from daybook.documents.replaying.family_states import SettingsHistory
from daybook.documents.replaying.moments import settings_history
from daybook.documents.replaying.reading_histories import load_histories
from daybook.documents.replaying.reading_histories import pin as pin_present
from daybook.exports.conversion.families import FamilyConversion, convert_manual
from daybook.exports.conversion.movements import Amounts, Place, Row, RowKey
from daybook.exports.conversion.rates import Exchanges
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.queries import value_of
from daybook.recognition.models import Schedule

DOCUMENTS_AT_ONCE = 250
"""How many documents' families are held in memory at a time."""
KEPT_MAX = 500_000
"""How many converted movements are kept for the journals of later slices."""


class Conversion:
    """Converts the movements of a pinned ledger into another currency.

    Whether there are rates for all documents is checked before (`find_unrated`).
    """

    def __init__(self, exchanges: Exchanges, settings: SettingsHistory) -> None:
        self.exchanges, self.pin = exchanges, exchanges.pin
        self.settings = settings
        self._kept = _Kept(KEPT_MAX)

    @classmethod
    async def of(
        cls,
        session: ReadSession,
        pin: Pin,
        currency: str,
        *,
        refresh: int | None = None,
    ) -> "Conversion":
        """The conversion into a currency at the rates that are known now.

        With `refresh`, later refreshes of rates don't count.
        Raises Rejected for a currency into which nothing can be converted.
        """
        exchanges = await Exchanges.of(session, pin, currency, refresh=refresh)
        present = await pin_present(session, pin.ledger_id)
        return cls(exchanges, await settings_history(session, present))

    @property
    def currency(self) -> str:
        """The currency of the converted amounts."""
        return self.exchanges.currency

    async def amounts(self, session: ReadSession, places: Sequence[Place]) -> Amounts:
        """The amounts and daily amounts of some movements in force."""
        wanted = {place[:2] for place in places}
        families = {place.family_id for place in places} - {None}
        manual = {place.document_id for place in places if place.family_id is None}
        found: Amounts = {}
        missing: list[int] = []
        for family_id in sorted(filter(None, families)):
            kept = self._kept.get(family_id)
            if kept is None:
                missing.append(family_id)
            else:
                _take(found, kept, wanted)
        for ids in _chunks(missing):
            for converted in await self._convert(session, ids):
                _take(found, converted, wanted)
        if manual:
            found |= await self._convert_manual(session, manual)
        return found

    async def _convert(
        self, session: ReadSession, family_ids: Collection[int]
    ) -> list["array[int]"]:
        """Convert some families, and keep them for later slices."""
        ledger_id = self.pin.ledger_id
        documents = await scalars_in_lists(
            session,
            select(Schedule.document_id).where(Schedule.ledger_id == ledger_id),
            Schedule.id.in_,
            family_ids,
        )
        present = await pin_present(session, ledger_id)
        histories = await load_histories(session, present, sorted(set(documents)))
        conversion = FamilyConversion(
            histories, self.settings, self.pin.recording, self.exchanges
        )
        found = []
        for family_id in family_ids:
            converted = _packed(conversion.convert(family_id))
            self._kept.add(family_id, converted)
            found.append(converted)
        return found

    async def _convert_manual(
        self, session: ReadSession, document_ids: Iterable[int]
    ) -> Amounts:
        columns = JournalMovement.__table__.columns
        statement = (
            select(StoredDocument.id, StoredDocument.accounting_date, *columns)
            .select_from(Journal)
            .join(
                JournalMovement,
                (JournalMovement.ledger_id == Journal.ledger_id)
                & (JournalMovement.journal == Journal.number),
            )
            .join(
                StoredDocument,
                (StoredDocument.ledger_id == Journal.ledger_id)
                & (StoredDocument.id == Journal.document_id),
            )
            .where(
                Journal.ledger_id == self.pin.ledger_id,
                JournalMovement.schedule_id.is_(None),
                JournalMovement.recorded_in <= self.pin.recording,
            )
            .order_by(JournalMovement.journal, JournalMovement.seq)
        )
        rows: dict[int, list[Row]] = defaultdict(list)
        dates: dict[int, Day] = {}
        document_in = Journal.document_id.in_
        found: list[Any] = await rows_in_lists(
            session, statement, document_in, document_ids
        )
        for row in found:
            dates[row[0]] = row[1]
            rows[row[0]].append(_manual_row(row))
        amounts: Amounts = {}
        for document_id, movements in rows.items():
            exchange = self.exchanges[dates[document_id]]
            amounts |= convert_manual(movements, exchange, self.pin.recording)
        return amounts


def _manual_row(row: Any) -> Row:
    return Row(
        (row.journal, row.seq),
        -row[0],
        value_of(row),
        (),
        row.recorded_in,
        row.superseded_in,
    )


class _Kept:
    """Converted families, those dropped first that were converted first."""

    def __init__(self, movements_max: int) -> None:
        self._max = movements_max
        self._movements = 0
        self._families: OrderedDict[int, array[int]] = OrderedDict()

    def get(self, family_id: int) -> "array[int] | None":
        """The converted movements of a family, if they are kept."""
        return self._families.get(family_id)

    def add(self, family_id: int, converted: "array[int]") -> None:
        """Keep a family."""
        self._families[family_id] = converted
        self._movements += len(converted) // _COLUMNS
        while self._movements > self._max:
            _, dropped = self._families.popitem(last=False)
            self._movements -= len(dropped) // _COLUMNS


_COLUMNS = 4
"""Journal, `seq`, amount and daily amount; packed, they take a tenth of the memory."""


def _packed(amounts: Amounts) -> "array[int]":
    packed = array("q")
    for key, values in amounts.items():
        packed.extend((*key, *values))
    return packed


def _take(found: Amounts, packed: "array[int]", wanted: Collection[RowKey]) -> None:
    """Add those movements of a family that are wanted."""
    for start in range(0, len(packed), _COLUMNS):
        journal, seq, amount, daily = packed[start : start + _COLUMNS]
        if (journal, seq) in wanted:
            found[journal, seq] = (amount, daily)


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [
        ids[start : start + DOCUMENTS_AT_ONCE]
        for start in range(0, len(ids), DOCUMENTS_AT_ONCE)
    ]
