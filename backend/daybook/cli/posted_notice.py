"""What `daybook export` says of journals that their target has already."""

from daybook.cli.running import counted, err
from daybook.db.engine import Database
from daybook.exports.formats import Format
from daybook.exports.overlapping import Selected, files_words
from daybook.exports.posted import already_posted
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import count_journals


async def tell_of_posted(
    database: Database, pin: Pin, journal_filter: JournalFilter, file_format: Format
) -> None:
    """Print how many selected journals are in posted files; nothing if none are."""
    async with database.reads() as session:
        selected = Selected(pin, journal_filter)
        shared = await already_posted(session, selected, file_format.number)
        if not shared.journals:
            return
        total = await count_journals(session, pin, journal_filter)
    verb = "is" if shared.journals == 1 else "are"
    names = files_words(shared.doubled)
    err.print(
        f"{shared.journals:,} of {counted(total, 'journal')} {verb} in posted files"
        f" already: {names}",
        markup=False,
    )
