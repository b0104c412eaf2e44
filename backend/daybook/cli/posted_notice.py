"""What `daybook export` says of journals that their target has already."""

from daybook.cli.running import err
from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.posting.earlier import find_earlier
from daybook.exports.posting.overlapping import files_words
from daybook.exports.posting.posted import already_posted
from daybook.exports.posting.recorded_files import selection_since
from daybook.exports.previews import find_keys_in_use
from daybook.numbers import counted
from daybook.reports.journals.totals import count_journals


async def tell_of_posted(database: Database, spec: FileSpec) -> None:
    """Print how many selected journals are in posted files, and whose keys are.

    And which earlier entries are in no file.
    """
    async with database.reads() as session:
        earlier = await find_earlier(session, spec)
        if earlier is not None:
            err.print(f"note: {earlier.text}", markup=False)
        selected = await selection_since(
            session, spec.pin, spec.journal_filter, spec.options.since
        )
        keys = await find_keys_in_use(session, spec, selected)
        if keys is not None:
            err.print(keys.text, markup=False)
        shared = await already_posted(session, selected, spec.file_format.number)
        if not shared.journals:
            return
        total = await count_journals(session, spec.pin, spec.journal_filter)
    verb = "is" if shared.journals == 1 else "are"
    names = files_words(shared.doubled)
    err.print(
        f"{shared.journals:,} of {counted(total, 'journal')} {verb} in posted files"
        f" already: {names}",
        markup=False,
    )
