"""The demo's last closed month in the general ledger: a posted file, and balances."""

from datetime import datetime
from hashlib import sha256

from daybook.calendar import Day, day_text
from daybook.closing.commands import enter_balances
from daybook.closing.rules import BalanceEntry
from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import DEFAULT
from daybook.exports.manifests.manifest import WholeFile, manifest_text
from daybook.exports.manifests.origins import made_of
from daybook.exports.names import file_name
from daybook.exports.posting.marking import Mark, mark_posted
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import Granularity
from daybook.exports.writing.streaming import render_file
from daybook.exports.writing.tallies import Tally
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, net_change
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import pair_totals

REFERENCE = "GL-0001"


async def post_through(
    database: Database, pin: Pin, through: Day, *, now: datetime, made_by: str
) -> None:
    """Post a file of all entries up to a day, and enter the balances that it gives."""
    closed = JournalFilter(posted_to=through, include_scheduled=False)
    spec = FileSpec(pin, closed, Granularity.MONTHLY, None, DEFAULT)
    tally, size, digest = Tally(), 0, sha256()
    async for piece in render_file(database, spec, None, tally):
        size += len(piece)
        digest.update(piece)
    tally.check()
    whole = WholeFile(file_name(spec), size, digest.digest())
    manifest = manifest_text(await made_of(database, spec, ""), tally, whole)
    file = MadeFile(spec, *whole, tally.totals, manifest=manifest)
    number = await record_file(database, file, now=now, made_by=made_by)
    where, mark = (database, pin.organisation_id), Mark(REFERENCE)
    await mark_posted(*where, number, mark, now=now, made_by=made_by)
    await enter_balances(
        *where,
        pin.currency,
        await _balances(database, pin, through),
        note=f"Trial balance of {day_text(through)}",
        now=now,
        made_by=made_by,
    )


async def _balances(database: Database, pin: Pin, on: Day) -> list[BalanceEntry]:
    """What stands on each account after a day, on its normal side."""
    async with database.reads() as session:
        totals = await pair_totals(session, pin, JournalFilter(posted_to=on))
    return [BalanceEntry(role, on, net_change(totals, role)) for role in Role]
