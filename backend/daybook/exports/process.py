"""`python -m daybook.exports.process`: renders one job's file.

Its standard input and output: `daybook.jobs.process`.
"""

import time
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.exports.checking import check_form
from daybook.exports.file_spec import FileSpec
from daybook.exports.manifests.manifest import WholeFile, manifest_text
from daybook.exports.manifests.origins import made_of
from daybook.exports.models import ExportJob
from daybook.exports.names import is_archive_name, plain_of
from daybook.exports.parts.crew import Crew, hired
from daybook.exports.parts.joining import Joined
from daybook.exports.parts.orders import FileOrder
from daybook.exports.parts.sharing import share
from daybook.exports.reading.expected import expected_totals
from daybook.exports.rules import NOTHING, TOTALS_DIFFER, Totals
from daybook.exports.stored_spec import spec_of
from daybook.exports.writing.archives import Named
from daybook.exports.writing.files import renders_apart, write_file
from daybook.exports.writing.planning import FilePlan, plan_file
from daybook.exports.writing.streaming import collect_seldom
from daybook.exports.writing.tallies import Tally, TotalsDiffer
from daybook.jobs.process import Order, PartFile, Unusable, report, run_job
from daybook.jobs.queries import get_job
from daybook.numbers import counted
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
    spec = spec_of(job)
    plan = await _plan(database, spec, job)
    assert plan.totals is not None, "they were counted beforehand"
    report(total=plan.totals.rows)
    teller, tally = _Teller(), Tally()
    named = Named(plain_of(job.file_name), job.filters)

    file, rows = FileOrder(database, spec), plan.totals.rows

    async def write(stream: BinaryIO) -> Joined:
        return await write_file(
            *(stream, file, teller.progress),
            plan=plan,
            named=named,
            tally=tally,
            crew=crew,
        )

    try:
        if _is_shared(order, spec, plan):
            told = teller.progress
            stored = await share(order, file, rows, tally=tally, progress=told)
            tally.check()
        else:
            with PartFile(order) as part:
                stored = await part.fill(write)
    except TotalsDiffer as differ:
        raise Unusable(TOTALS_DIFFER, str(differ)) from None
    _check(plan.totals, tally.totals)
    digest = bytes.fromhex(stored["sha256"])
    whole = WholeFile(job.file_name, stored["size"], digest)
    made = await made_of(database, spec, job.filters)
    manifest = manifest_text(made, tally, None if plan.is_archive else whole)
    rows, debits, credits_ = tally.totals
    totals = {"debit_total": debits, "credit_total": credits_}
    report(made={**stored, **totals, "rows": rows, "manifest": manifest})


def _is_shared(order: Order, spec: FileSpec, plan: FilePlan) -> bool:
    """Whether other workers can help with a file, and will have something to do."""
    if order.sharing is None or plan.totals is None:
        return False
    return renders_apart(spec, plan) and plan.totals.rows >= order.sharing.rows_min


async def _plan(database: Database, spec: FileSpec, job: ExportJob) -> FilePlan:
    """How to make the job's file; raises Unusable if it can't be made."""
    expected = None
    if not spec.is_read_first:
        expected = await expected_totals(database, spec)
    try:
        check_form(spec.file_format, spec.compression, spec.options)
        plan = await plan_file(database, spec, expected)
    except Rejected as rejected:
        problem = rejected.problems[0]
        raise Unusable(problem.code, problem.message) from None
    if plan.is_archive is not is_archive_name(job.file_name):
        # The server that took the request was of another version.
        parts = "needs parts" if plan.is_archive else "needs no parts"
        message = f"the file {parts}, but is called {job.file_name}: request it again"
        raise Unusable(ProblemCode.UNSUPPORTED, message)
    return plan


def _check(expected: Totals, rendered: Totals) -> None:
    """Raise Unusable if the file's totals aren't the ledger's."""
    if rendered != expected:
        raise Unusable(
            TOTALS_DIFFER,
            f"{_words(rendered)} were rendered, the ledger has {_words(expected)}"
            " (debits and credits in minor units)",
        )


def _words(totals: Totals) -> str:
    rows = counted(totals.rows, "row")
    return f"{rows} of {totals.debits:,} and {totals.credits:,}"


if __name__ == "__main__":
    main()
