"""The demo's closed months in the general ledger: posted files, and balances."""

from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from daybook.calendar import Day, day_words
from daybook.clock import day_at
from daybook.closing.commands import enter_balances
from daybook.closing.rules import BalanceEntry
from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats.xero import XERO
from daybook.exports.manifests.manifest import WholeFile, manifest_text
from daybook.exports.manifests.origins import made_of
from daybook.exports.names import file_name
from daybook.exports.posting.marking import Mark, mark_posted
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import Granularity
from daybook.exports.writing.streaming import render_file
from daybook.exports.writing.tallies import Tally
from daybook.ledger.pins import Pin
from daybook.ledger.queries import pin_ledgers, time_zone_of
from daybook.ledger.rules import Role, net_change
from daybook.reports.journals.filters import JournalFilter, Selection
from daybook.reports.journals.selection import selection_text
from daybook.reports.journals.totals import pair_totals


class PostedFile(NamedTuple):
    """A file that was posted to the accounting system of a ledger."""

    currency: str
    content: bytes


async def post_months(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    *,
    first: Day | None,
    last: Day,
    reference: str,
    now: datetime,
    made_by: str,
) -> list[PostedFile]:
    """Post files of some days to Xero, and enter the balances that they give.

    There is a file for each currency. Without a first day it begins with the ledger.
    """
    filters = selection_text(Selection(first, last))
    days = JournalFilter(posted_from=first, posted_to=last, include_scheduled=False)
    async with database.reads() as session:
        today = day_at(now, await time_zone_of(session, organisation_id))
        pins = await pin_ledgers(session, organisation_id, today)
    where = database, organisation_id
    posted = []
    for pin in pins:
        spec = FileSpec(pin, days, Granularity.MONTHLY, None, XERO)
        content, file = await _make(database, spec, filters)
        posted.append(PostedFile(pin.currency, content))
        number = await record_file(database, file, now=now, made_by=made_by)
        mark = Mark(f"{reference}-{pin.currency}", today)
        await mark_posted(*where, number, mark, now=now, made_by=made_by)
        await enter_balances(
            *(*where, pin.currency, await _balances(database, pin, last)),
            note=f"Trial balance of {day_words(last)}",
            now=now,
            made_by=made_by,
        )
    return posted


async def _make(
    database: Database, spec: FileSpec, filters: str
) -> tuple[bytes, MadeFile]:
    """Render a file, of which only the record is stored; its content comes first."""
    tally = Tally()
    pieces = [piece async for piece in render_file(database, spec, None, tally)]
    tally.check()
    content = b"".join(pieces)
    whole = WholeFile(file_name(spec), len(content), sha256(content).digest())
    manifest = manifest_text(await made_of(database, spec, filters), tally, whole)
    return content, MadeFile(spec, *whole, tally.totals, filters, manifest)


async def _balances(database: Database, pin: Pin, on: Day) -> list[BalanceEntry]:
    """What stands on each account after a day, on its normal side."""
    async with database.reads() as session:
        totals = await pair_totals(session, pin, JournalFilter(posted_to=on))
    return [BalanceEntry(role, on, net_change(totals, role)) for role in Role]
