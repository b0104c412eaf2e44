"""`daybook export`: journals straight to a file."""

from pathlib import Path
from typing import Annotated

import typer

from daybook.cli import export_options, filter_options
from daybook.cli.choices import record_number
from daybook.cli.export_beside import (
    refuse_alone,
    refuse_beside_since,
    refuse_beside_verify,
)
from daybook.cli.export_check import show_preflight
from daybook.cli.export_choice import Choice, FileChoice
from daybook.cli.export_end import print_ended
from daybook.cli.export_form import STANDARD_OUTPUT, form_of, is_folder
from daybook.cli.export_making import crew_lost, make_file, plan_files
from daybook.cli.export_places import plain_name
from daybook.cli.export_since import SinceChoice
from daybook.cli.export_verify import verify_export
from daybook.cli.running import Failed, load_settings, with_database
from daybook.db.engine import Database
from daybook.exports.formats import DEFAULT, FORMAT_NAMES, SYSTEM_NAMES
from daybook.exports.parts.crew import hired
from daybook.exports.rules import Granularity
from daybook.exports.writing.compression import COMPRESSION_NAMES
from daybook.exports.writing.streaming import collect_seldom
from daybook.exports.writing.tallies import TotalsDiffer
from daybook.settings import PROCESSES_MAX


@filter_options.filtered
@export_options.optioned
def export(
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            help="A file; a folder (exports/), for a file named after its contents; or"
            " - for standard output. A name that ends with .zip is for an archive.",
            show_default=False,
        ),
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            help=f"One of {FORMAT_NAMES}. By default as the file's name ends"
            f" (.xlsx, .parquet, .beancount), else {DEFAULT.name}.",
        ),
    ] = None,
    compress: Annotated[
        str | None,
        typer.Option(
            help=f"{COMPRESSION_NAMES}, for formats of text. By default as the file's"
            " name ends (.gz, .zst)."
        ),
    ] = None,
    granularity: Annotated[
        Granularity | None,
        typer.Option(
            help="Lines by day or by month. By default by day, and by month for"
            f" {SYSTEM_NAMES}."
        ),
    ] = None,
    currency: filter_options.Currency = None,
    *,
    filter_values: filter_options.FilterValues,
    group_by: filter_options.GroupBy = None,
    option_values: export_options.OptionValues,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Write nothing: print the rows, files and sums, and what the target"
            " would not take. The exit status is 1 if something blocks the file.",
        ),
    ] = False,
    verify: Annotated[
        Path | None,
        typer.Option(
            help="Makes a file again from its record, and compares: nothing is"
            " written. The exit status is 1 if they differ.",
            show_default=False,
            readable=False,
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=PROCESSES_MAX,
            show_default=False,
            help="How many processes render a large file together; 0 for as many as"
            " there are cores for. By default DAYBOOK_EXPORT_PROCESSES. The file is the"
            " same.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only the difference between a recorded file and now, in its form: the"
            " number of its record, or its manifest.",
            metavar="RECORD",
            show_default=False,
        ),
    ] = None,
    record: Annotated[
        int | None,
        typer.Option(
            help="The record to verify a file with, by its number; by default the one"
            " with its SHA-256 or its manifest.",
            metavar="NUMBER",
            parser=record_number,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write posted journals as a file, for a spreadsheet or a general ledger.

    The file appears under its name only when it is complete. A file that you name is
    overwritten if it exists; one that is named after its contents is not. A file holds
    one ledger: where there are several, choose it with --currency, or name a folder for
    a file of each. If the file of one can't be made, the others are, and the exit
    status is 2.

    A file that would pass its target's limit is split between journals, into a zip
    archive of numbered parts; on standard output it is not.

    The ledger keeps a record of the file, with its SHA-256 and manifest (`daybook
    exports`). If nothing can be recorded now, the file is still made, and standard
    error says so. Standard error also shows what to compare with the target (rows,
    files, both sums of each account, SHA-256), and the audit head: the last audit
    record that the file includes; and before, how many of the journals are in posted
    files of the same target already (`daybook exports post`). The manifest, which has
    all that as JSON, is in the archive, or beside a single file.

    Example: `daybook export --from 2026-01-01 --to 2026-01-31 -o january.csv`

    Example: `daybook export --from 2026-10-01 --include-scheduled -o exports/`

    Example: `daybook export --granularity monthly --currency GBP -o - | head`

    Example: `daybook export --from 2026-01-01 --to 2026-01-31 -o january.xlsx`

    Example: `daybook export --from 2025-01-01 --to 2025-12-31 -o 2025.csv.zst`

    Example: `daybook export --as-of 2026-01-31 --group-by customer -o january.csv`

    Example: `daybook export --format xero --from 2026-01-01 --to 2026-01-31 --check`

    Example: `daybook export --since 4 -o corrections.csv`

    Example: `daybook export --verify january.csv`
    """
    settings = load_settings()
    form = {
        "--format": format_name,
        "--compress": compress,
        "--granularity": granularity,
        "--group-by": group_by,
        "--currency": currency,
    }
    if verify is not None:
        making = {
            "-o": output,
            "--check": check,
            "--since": since,
            "--processes": processes,
        }
        refuse_beside_verify({**making, **form}, filter_values, option_values)
        return verify_export(settings, verify, record)
    refuse_alone(record=record, checks=check, processes=processes)
    collect_seldom()
    choice: Choice
    if since is not None:
        refuse_beside_since(form, filter_values, option_values)
        choice = SinceChoice(settings, since, output or STANDARD_OUTPUT, filter_values)
    else:
        options = export_options.options_of(option_values)
        choice = FileChoice(
            settings,
            currency,
            filter_values,
            granularity,
            filter_options.groupings(group_by),
            form_of(
                plain_name(output or STANDARD_OUTPUT), format_name, compress, options
            ),
            options,
        )
    if check:
        return show_preflight(settings, choice)
    if output is None:
        message = (
            "-o is missing: name a file, a folder, or - for standard output; --check"
            " needs none"
        )
        raise Failed(message)
    is_folder(output)  # raises Failed before anything is read

    async def work(database: Database) -> list[str]:
        every = await choice.chosen(database)
        files, refused = await plan_files(database, every, output)
        for planned in files:
            print_ended(await make_file(database, settings, planned, crew))
        return refused

    try:
        hiring = hired(processes, settings, is_compressed=choice.is_compressed)
        with hiring as crew, crew_lost():
            refused = with_database(settings, work)
    except TotalsDiffer as differ:
        raise Failed(f"the file was not made: {differ}", status=1) from None
    if refused:
        raise Failed("; ".join(refused))
    return None
