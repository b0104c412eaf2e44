"""`python -m daybook.exports.process`: renders one job's file.

Its standard input and output: `daybook.jobs.process`.
"""

import time
from dataclasses import dataclass

from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.checking import check_form, checked_totals
from daybook.exports.models import ExportJob
from daybook.exports.rules import NOTHING, TOTALS_DIFFER, Totals
from daybook.exports.stored_spec import spec_of
from daybook.exports.streaming import collect_seldom, render_file
from daybook.jobs.process import Order, PartFile, Unusable, report, run_job
from daybook.jobs.queries import get_job

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
    run_job(_work)


async def _work(order: Order) -> None:
    database = Database(order.url)
    try:
        async with database.runtime.reads() as session:
            job = await get_job(session, ExportJob, *order.job_id)
        assert job is not None, "a taken job exists"
        await _render(database, job, order)
    finally:
        await database.close()


async def _render(database: Database, job: ExportJob, order: Order) -> None:
    spec = spec_of(job)
    try:
        check_form(spec.file_format, spec.compression, spec.options)
        expected = await checked_totals(database, spec)
    except Rejected as rejected:
        problem = rejected.problems[0]
        raise Unusable(problem.code, problem.message) from None
    report(total=expected.rows)
    teller = _Teller()
    with PartFile(order) as part:
        async for piece in render_file(database, spec, teller.progress):
            part.write(piece)
        stored = part.finish()
    _check(expected, teller.done)
    rows, debits, credits_ = teller.done
    totals = {"debit_total": debits, "credit_total": credits_}
    report(made={**stored, **totals, "rows": rows})


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
