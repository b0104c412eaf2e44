"""`daybook exports retry`: an export that has no file, requested again."""

from typing import Annotated

import typer

from daybook.cli.choices import export_number
from daybook.cli.running import MADE_BY, load_settings, out, with_database
from daybook.clock import now
from daybook.db.engine import Database
from daybook.exports.models import ExportJob
from daybook.exports.retrying import retry_export


def retry(
    number: Annotated[
        int,
        typer.Argument(
            metavar="NUMBER",
            parser=export_number,
            help="The export, as `daybook activity` names it.",
        ),
    ],
    key: Annotated[
        str | None,
        typer.Option(
            help="A text of your own: with the same one, the export is requested once.",
        ),
    ] = None,
) -> None:
    """Request an export again that failed, was cancelled or has expired.

    The new export is of the same recording and the same selection. The server, or a
    worker, makes its file.

    Example: `daybook exports retry 7`

    Example: `daybook exports retry 7 --key "after the disk was full"`
    """
    settings = load_settings()

    async def work(database: Database) -> ExportJob:
        return await retry_export(
            *(database, settings.organisation, number),
            now=now(settings),
            requested_by=MADE_BY,
            key=key,
        )

    job = with_database(settings, work)
    out.print(
        f"Export {number} is requested again, as export {job.number}.", markup=False
    )
