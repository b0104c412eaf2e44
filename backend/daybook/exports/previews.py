"""The preflight of a file of any format, as it is shown before the file is made."""

from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.checking import check_size
from daybook.exports.file_spec import FileSpec
from daybook.exports.preflight.findings import Finding, FindingCode
from daybook.exports.preflight.queries import Preflight, read_preflight


async def preview(database: Database, spec: FileSpec) -> Preflight:
    """A file's preflight, with what its format can't hold; changes nothing.

    Whether the options fit the format was checked before (`checking.check_form`).
    """
    found = await read_preflight(database, spec)
    if spec.integration is not None:
        return found
    try:
        await check_size(database, spec, found.totals)
    except Rejected as rejected:
        return found.with_finding(_too_large(spec, found, rejected))
    return found


def _too_large(spec: FileSpec, found: Preflight, rejected: Rejected) -> Finding:
    (problem,) = rejected.problems
    title, _, way_out = problem.message.partition(": ")
    rows = spec.file_format.limits.rows
    is_long = rows is not None and found.totals.rows > rows
    return Finding(
        FindingCode.TOO_MANY_ROWS if is_long else FindingCode.AMOUNT_TOO_LARGE,
        blocks=True,
        title=title,
        way_out=way_out,
    )
