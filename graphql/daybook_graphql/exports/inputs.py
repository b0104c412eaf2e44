"""What a file of journals is asked for by: the inputs of exports and preflights."""

import strawberry

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.commands import ExportRequest
from daybook.exports.file_spec import FileOptions
from daybook.exports.formats import DEFAULT, format_of
from daybook.exports.formats.contract import Opens
from daybook.exports.mapping.forms import DateForm as StoredForm
from daybook.exports.mapping.forms import Preset
from daybook.exports.option_texts import ACCOUNT_MAX, ROWS_MAX
from daybook.exports.writing.compression import compression_of
from daybook.reports.journals.filters import Selection
from daybook.reports.journals.group_keys import Granularity as StoredGranularity
from daybook.reports.journals.group_keys import Grouping, in_order
from daybook_graphql.exports.enums import (
    ExportCompression,
    ExportFormat,
    OpenedAccounts,
)
from daybook_graphql.exports.ids import ExportRecordId
from daybook_graphql.journals.enums import Granularity, JournalGrouping
from daybook_graphql.journals.filters import JournalFilter, selection_of
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.scalars import BigInt
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.mapping.enums import DateForm, SignPreset

field = strawberry.field


@strawberry.input(description="What to look at before it is exported, and how.")
class ExportPreflightInput:
    ledger_id: strawberry.ID = field(description="Which ledger.")
    granularity: Granularity | None = field(
        default=None,
        description="Rows by day or by month; by default by month in files for an"
        " accounting system, and by day in others.",
    )
    group_by: list[JournalGrouping] | None = field(
        default=None,
        description="Makes rows of journal groups, with their keys in place of journal"
        " numbers, as `journalGroups` lists them: none for one group a day or month;"
        " null for journals.",
    )
    filter: JournalFilter | None = field(
        default=None,
        description="What to select, as `journals` does, but of posted entries only"
        " unless `includeScheduled` is true.",
    )
    format: ExportFormat = field(
        default=ExportFormat[DEFAULT.name], description="What to write the file as."
    )
    compress: ExportCompression | None = field(
        default=None,
        description="How to compress the file, where its format is text; null for not"
        " at all.",
    )
    preset: SignPreset | None = field(
        default=None,
        description="How amounts for Xero are signed; null for the integration's"
        " setting.",
    )
    date_form: DateForm | None = field(
        default=None,
        description="How a file for an accounting system writes dates; null for the"
        " integration's setting.",
    )
    convert: bool | None = field(
        default=None,
        description="Whether a file for Xero is converted into its base currency: each"
        " schedule at one rate of the ECB, that of its document's accounting date.",
    )
    max_rows: int | None = field(
        default=None,
        description="The most rows of a part, in formats that are split; 0 for one"
        " file, null for what the target takes.",
    )
    default_account: str | None = field(
        default=None,
        description="The system's account, by its code or name, for lines without a"
        " mapping; null to refuse such lines.",
    )
    opens: OpenedAccounts | None = field(
        default=None,
        description="Which accounts a file for Beancount opens; null for those that it"
        " has entries of.",
    )
    as_of_recording: BigInt | None = field(
        default=None,
        description="As the ledger was at this recording, so that the file is the same"
        " whatever is recorded meanwhile; the last one if absent. Can't be combined"
        " with `asOf`.",
    )
    since: strawberry.ID | None = field(
        default=None,
        description="An export record: the file holds the difference between its file"
        " and the ledger now, in the same form. Nothing but the ledger, and the"
        " filter's as-of day or the recording, may be given beside it.",
    )


@strawberry.input(description="What to export, and how.")
class CreateExportInput(ExportPreflightInput):
    idempotency_key: str | None = field(
        default=None,
        description="A text of your own, of up to 200 characters: the same request with"
        " the same key gives the export that it made first.",
    )


def request_of(given: ExportPreflightInput, key: str | None = None) -> ExportRequest:
    """The request that an input makes; raises INVALID_ID, and Rejected for options."""
    by = None
    if given.group_by is not None:
        by = in_order(Grouping[grouping.name] for grouping in given.group_by)
    return ExportRequest(
        expect(given.ledger_id, LedgerId, "input.ledgerId").currency,
        Selection()
        if given.filter is None
        else selection_of(given.filter, "input.filter"),
        _granularity(given),
        by,
        format_of(given.format.value),
        key,
        compression_of(None if given.compress is None else given.compress.value),
        _options(given),
        given.as_of_recording,
    )


def _granularity(given: ExportPreflightInput) -> StoredGranularity | None:
    """What a row is of; raises Rejected for what only groups on a screen are of."""
    wanted = given.granularity
    if wanted is None:
        return None
    if wanted is Granularity.TOTAL:
        message = "rows of files are of a day or a month: choose DAILY or MONTHLY"
        path = ("granularity",)
        raise Rejected([Problem(ProblemCode.UNSUPPORTED, message, path)])
    return StoredGranularity[wanted.name]


def _options(given: ExportPreflightInput) -> FileOptions:
    """The options; an empty account is none. Raises Rejected with all problems."""
    account = (given.default_account or "").strip() or None
    problems = []
    if account is not None and len(account) > ACCOUNT_MAX:
        message = f"an account has up to {ACCOUNT_MAX} characters, not {len(account):,}"
        path = ("defaultAccount",)
        problems.append(Problem(ProblemCode.INVALID_VALUE, message, path))
    if given.max_rows is not None and given.max_rows > ROWS_MAX:
        message = f"a part has up to {ROWS_MAX:,} rows; 0 is for one file"
        problems.append(Problem(ProblemCode.INVALID_VALUE, message, ("maxRows",)))
    if problems:
        raise Rejected(problems)
    form = given.date_form
    return FileOptions(
        preset=None if given.preset is None else Preset[given.preset.name],
        date_form=None if form is None else StoredForm[form.name],
        converts=bool(given.convert),
        max_rows=given.max_rows,
        default_account=account,
        since=_record(given),
        opens=Opens.USED if given.opens is None else Opens[given.opens.name],
    )


def _record(given: ExportPreflightInput) -> int | None:
    """The number of the record to which a difference is asked for."""
    if given.since is None:
        return None
    return expect(given.since, ExportRecordId, "input.since").number
