"""`daybook exports link` and `revoke-links`: links to an export's file."""

from typing import Annotated

import typer

from daybook.cli.choices import export_number
from daybook.cli.running import Failed, err, load_settings, out, with_database
from daybook.clock import moment_text, now
from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.links import HOURS_MAX, MadeLink, make_link, revoke_links
from daybook.exports.models import ExportJob
from daybook.jobs.queries import get_job
from daybook.jobs.rules import JobId
from daybook.secrets import SecretUnfit
from daybook.server_address import HOST, PORT, address_of, find_address

Number = Annotated[
    int,
    typer.Argument(
        metavar="NUMBER",
        parser=export_number,
        help="The export, as `daybook activity` names it.",
    ),
]


def link(
    number: Number,
    hours: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=HOURS_MAX,
            help="How long it opens the file; as long as the file is kept if absent.",
        ),
    ] = None,
) -> None:
    """Make a link to an export's file, which opens it without signing in.

    Everybody who has the link can read the file. It ends with the file, or when the
    export's links are revoked.

    Example: `daybook exports link 7`

    Example: `daybook exports link 7 --hours 24`
    """
    settings = load_settings()

    async def work(database: Database) -> MadeLink:
        async with database.runtime.reads() as session:
            job = await get_job(session, ExportJob, settings.organisation, number)
        if job is None:
            raise _no_export(number)
        return make_link(settings, job, now(settings), hours)

    try:
        made = with_database(settings, work)
    except SecretUnfit as unfit:
        raise Failed(str(unfit)) from None
    known = find_address(settings)
    when = "" if known else ", while `daybook serve` runs"
    until = moment_text(made.expires_at)
    err.print(f"The file of export {number}, until {until}{when}:", markup=False)
    address = known or address_of(settings, HOST, PORT)
    out.print(f"{address}{made.path}", markup=False, soft_wrap=True)


def revoke(number: Number) -> None:
    """End all links to an export's file that were made so far, mailed ones too.

    The file stays, and new links can be made.

    Example: `daybook exports revoke-links 7`
    """
    settings = load_settings()

    async def work(database: Database) -> None:
        job_id = JobId(settings.organisation, number)
        if await revoke_links(database.runtime, job_id) is None:
            raise _no_export(number)

    with_database(settings, work)
    out.print(f"No link to the file of export {number} opens it any more.")


def _no_export(number: int) -> Rejected:
    message = f"there is no export {number}"
    return Rejected([Problem(ProblemCode.NOT_FOUND, message)])
