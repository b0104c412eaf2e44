"""`python -m daybook.exports.process`: renders one job's file.

Its standard input and output: `daybook.jobs.process`.
"""

import time
from dataclasses import dataclass
from functools import partial

from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.checking import check_form, check_size
from daybook.exports.compression import compression_of
from daybook.exports.expected import expected_totals
from daybook.exports.formats import format_of
from daybook.exports.models import ExportJob
from daybook.exports.parts.crew import Crew, hired
from daybook.exports.parts.orders import FileOrder
from daybook.exports.rules import NOTHING, TOTALS_DIFFER, Totals
from daybook.exports.stored_selection import filter_of, groupings_of, pin_of
from daybook.exports.streaming import collect_seldom
from daybook.exports.writing import write_file
from daybook.jobs.process import Order, PartFile, Unusable, report, run_job
from daybook.jobs.queries import get_job
from daybook.reports.journals.group_keys import Granularity
from daybook.settings import Settings

TELL_SECONDS = 0.25


@dataclass(slots=True)
class _Teller:
    """Reports the progress of rendering on standard output, but not too often."""

    done: Totals = NOTHING
    told_at: float = 0.0

    def progress(self, rendered: Totals) -> None:
        """Add what was rendered."""
        self.done += rendered
        if time.monotonic() - self.told_at >= TELL_SECONDS:
            self.told_at = time.monotonic()
            report(done=self.done.rows)


def main() -> None:
    """Render the job that standard input names."""
    collect_seldom()
    with hired(None, Settings()) as crew:
        run_job(partial(_work, crew))


async def _work(crew: Crew, order: Order) -> None:
    database = Database(order.url)
    try:
        async with database.runtime.reads() as session:
            job = await get_job(session, ExportJob, *order.job_id)
        assert job is not None, "a taken job exists"
        await _render(database, job, order, crew)
    finally:
        await database.close()


async def _render(database: Database, job: ExportJob, order: Order, crew: Crew) -> None:
    pin, journal_filter = pin_of(job), filter_of(job.selection)
    granularity = Granularity(job.granularity)
    by, file_format = groupings_of(job.group_by), format_of(job.format)
    selected = (database, pin, journal_filter, granularity)
    expected = await expected_totals(*selected, by)
    report(total=expected.rows)
    compression = compression_of(job.compression)
    try:
        check_form(file_format, compression)
        await check_size(*selected, by=by, file_format=file_format, expected=expected)
    except Rejected as rejected:
        problem = rejected.problems[0]
        raise Unusable(problem.code, problem.message) from None
    teller = _Teller()
    file = FileOrder(*selected, file_format, compression)
    with PartFile(order) as part:
        made = await part.fill(
            lambda stream: write_file(stream, file, teller.progress, by=by, crew=crew)
        )
    _check(expected, teller.done)
    rows, debits, credits_ = teller.done
    totals = {"debit_total": debits, "credit_total": credits_}
    report(made={**made, **totals, "rows": rows})


def _check(expected: Totals, rendered: Totals) -> None:
    """Raise Unusable if the file's totals aren't the ledger's."""
    if rendered != expected:
        raise Unusable(
            TOTALS_DIFFER,
            f"{_words(rendered)} were rendered, the ledger has {_words(expected)}"
            " (debits and credits in minor units)",
        )


def _words(totals: Totals) -> str:
    return f"{totals.rows:,} rows of {totals.debits:,} and {totals.credits:,}"


if __name__ == "__main__":
    main()
