"""The formats of exports, and where one stands."""

from enum import Enum

import strawberry

from daybook.exports.formats import FORMATS
from daybook.exports.formats.contract import Opens
from daybook.exports.preflight.findings import FindingCode
from daybook.exports.writing.compression import COMPRESSIONS
from daybook.jobs.rules import JobStatus

value = strawberry.enum_value


@strawberry.enum(description="What a file is written as.")
class ExportFormat(Enum):
    vars().update(
        {
            form.name: value(form.number, description=form.description)
            for form in FORMATS
        }
    )


@strawberry.enum(description="How a file is compressed.")
class ExportCompression(Enum):
    vars().update(
        {
            known.name.upper(): value(known.name, description=known.description)
            for known in COMPRESSIONS
        }
    )


@strawberry.enum(
    description="Which accounts a file for Beancount opens: files that are loaded"
    " together open each of them once."
)
class OpenedAccounts(Enum):
    USED = value(
        Opens.USED, description="Those that it has entries of, at its first date."
    )
    ALL = value(
        Opens.ALL,
        description="All of the ledger, at a day before all others: files that open"
        " none can be loaded with it.",
    )
    NONE = value(
        Opens.NONE, description="None: it is loaded with a file that opens them."
    )


@strawberry.enum(
    description="Which rule a file breaks, or what is to be known of it. Expect more"
    " values: they are only ever added."
)
class PreflightCode(Enum):
    NOT_ENABLED = value(
        FindingCode.NOT_ENABLED,
        description="The system isn't enabled for the ledger.",
    )
    PRESET_NOT_CHOSEN = value(
        FindingCode.PRESET_NOT_CHOSEN,
        description="Nobody has chosen how amounts are signed.",
    )
    DECIMALS = value(
        FindingCode.DECIMALS,
        description="The currency has more decimals than the target reads.",
    )
    BASE_CURRENCY = value(
        FindingCode.BASE_CURRENCY,
        description="The target keeps its books in another currency.",
    )
    BASE_UNKNOWN = value(
        FindingCode.BASE_UNKNOWN,
        description="It isn't known in which currency the target keeps its books.",
    )
    NO_RATE = value(
        FindingCode.NO_RATE,
        description="An amount can't be converted, since there is no exchange rate.",
    )
    GROUPS_CONVERTED = value(
        FindingCode.GROUPS_CONVERTED,
        description="Journal groups can't be converted: each schedule has its own"
        " rate.",
    )
    UNMAPPED = value(
        FindingCode.UNMAPPED,
        description="Lines without an account of the target.",
    )
    DEFAULT_ACCOUNT = value(
        FindingCode.DEFAULT_ACCOUNT,
        description="The account for lines without a mapping can't be used.",
    )
    UNIT_TOO_LARGE = value(
        FindingCode.UNIT_TOO_LARGE,
        description="An entry with more rows than a file holds; entries are never cut.",
    )
    KEY_TOO_LONG = value(
        FindingCode.KEY_TOO_LONG,
        description="An entry's key is longer than the target's.",
    )
    AMOUNT_TOO_LARGE = value(
        FindingCode.AMOUNT_TOO_LARGE,
        description="An amount with more digits than the target reads.",
    )
    NAME_MISSING = value(
        FindingCode.NAME_MISSING,
        description="A line of receivables or payables without a name.",
    )
    SUBSIDIARIES = value(
        FindingCode.SUBSIDIARIES,
        description="The lines of an entry belong to several subsidiaries, or to none.",
    )
    ATTRIBUTE_MISSING = value(
        FindingCode.ATTRIBUTE_MISSING,
        description="A field is taken from a customer or product that a line lacks.",
    )
    FIELD_TOO_LONG = value(
        FindingCode.FIELD_TOO_LONG,
        description="A field is taken from a customer or product, and is too long.",
    )
    CANNOT_POST = value(
        FindingCode.CANNOT_POST,
        description="By the target's published rule the entry doesn't sum to zero.",
    )
    BACKWARDS = value(
        FindingCode.BACKWARDS,
        description="By the target's published rule debits are booked as credits.",
    )
    NO_TAX_RATE = value(
        FindingCode.NO_TAX_RATE,
        description="Lines without a tax rate: drafts that can't be posted.",
    )
    FORMULA_TEXT = value(
        FindingCode.FORMULA_TEXT,
        description="Texts that a spreadsheet would run.",
    )
    TARGET_CLOSED = value(
        FindingCode.TARGET_CLOSED,
        description="Rows dated on days that the target has closed.",
    )
    CONNECTION_LOCKED = value(
        FindingCode.CONNECTION_LOCKED,
        description="Rows dated on days that the connection which takes the exports has"
        " locked.",
    )
    TEXT_CUT = value(
        FindingCode.TEXT_CUT,
        description="Descriptions that are longer than the target's.",
    )
    TOO_MANY_ROWS = value(
        FindingCode.TOO_MANY_ROWS,
        description="More rows than the format holds, and it isn't split.",
    )
    POSTED_BEFORE = value(
        FindingCode.POSTED_BEFORE,
        description="Journals that are in a posted file already.",
    )
    KEYS_IN_USE = value(
        FindingCode.KEYS_IN_USE,
        description="Entries with keys that entries of other days have in posted"
        " files.",
    )
    CHANGED_ACCOUNTS = value(
        FindingCode.CHANGED_ACCOUNTS,
        description="Accounts that were renamed or mapped otherwise since the file to"
        " which this is the difference.",
    )
    EARLIER_ENTRIES = value(
        FindingCode.EARLIER_ENTRIES,
        description="Entries before the file's days that are in no file for its"
        " target.",
    )
    NO_ROWS = value(
        FindingCode.NO_ROWS,
        description="Nothing is selected: the file would have no rows.",
    )


@strawberry.enum(description="Where an export stands.")
class ExportStatus(Enum):
    QUEUED = value(JobStatus.QUEUED, description="It waits for its turn.")
    RUNNING = value(JobStatus.RUNNING, description="It is being rendered.")
    READY = value(JobStatus.READY, description="Its file can be fetched.")
    FAILED = value(JobStatus.FAILED, description="It came to nothing.")
    CANCELLED = value(JobStatus.CANCELLED, description="Somebody ended it.")
    EXPIRED = value(JobStatus.EXPIRED, description="Its file was kept long enough.")
