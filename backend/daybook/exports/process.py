"""`python -m daybook.exports.process`: renders one job's file.

What it is told and tells: `daybook.jobs.process`.
"""

import gc
import time
from dataclasses import dataclass

from daybook.db.engine import Database
from daybook.exports.models import ExportJob
from daybook.exports.rendering import Rendered, render_csv
from daybook.exports.rows import expected_totals
from daybook.exports.rules import NOTHING, TOTALS_DIFFER, Totals, totals_of
from daybook.exports.stored_selection import filter_of, pin_of
from daybook.jobs.process import Order, Part, Unusable, tell, work_at_one
from daybook.jobs.queries import get_job
from daybook.reports.journals.group_keys import Granularity

GC_THRESHOLD = 50_000
"""As `daybook export`: rows come by the thousand, and no cycles among them."""
TELL_SECONDS = 0.25


@dataclass(slots=True)
class _Teller:
    """Says on standard output how far the rendering is, and not too often."""

    granularity: Granularity
    done: Totals = NOTHING
    told_at: float = 0.0

    def progress(self, rendered: Rendered) -> None:
        """Count what was rendered."""
        self.done += totals_of(rendered, self.granularity)  # type: ignore[arg-type]
        if time.monotonic() - self.told_at >= TELL_SECONDS:
            self.told_at = time.monotonic()
            tell(done=self.done.lines)


def main() -> None:
    """Render what standard input says."""
    gc.set_threshold(GC_THRESHOLD)
    work_at_one(_work)


async def _work(order: Order) -> None:
    database = Database(order.url)
    try:
        async with database.runtime.reads() as session:
            job = await get_job(session, ExportJob, *order.job_id)
        assert job is not None, "a job that was taken is there"
        await _render(database, job, order)
    finally:
        await database.close()


async def _render(database: Database, job: ExportJob, order: Order) -> None:
    pin, wanted = pin_of(job), filter_of(job.selection)
    granularity = Granularity(job.granularity)
    expected = await expected_totals(database, pin, wanted, granularity)
    tell(total=expected.lines)
    teller = _Teller(granularity)
    with Part(order) as part:
        pieces = render_csv(
            database, pin, wanted, granularity, progress=teller.progress
        )
        async for piece in pieces:
            part.write(piece)
        stored = part.finish()
    _check(expected, teller.done)
    amount = teller.done.amount
    totals = {"debit_total": amount, "credit_total": amount}
    tell(made={**stored, **totals, "rows": teller.done.lines})


def _check(expected: Totals, rendered: Totals) -> None:
    """The file is what the ledger says, or nobody gets it."""
    if rendered != expected:
        raise Unusable(
            TOTALS_DIFFER,
            f"{rendered.lines:,} rows of {rendered.amount:,} were rendered, the ledger"
            f" has {expected.lines:,} of {expected.amount:,} (minor units)",
        )


if __name__ == "__main__":
    main()
