"""The options of a file, as the schema shows them of jobs and records."""

import strawberry

from daybook.exports.formats.contract import Opens
from daybook.exports.stored_spec import options_of
from daybook_graphql.exports.enums import OpenedAccounts
from daybook_graphql.exports.ids import ExportRecordId
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.scalars import BigInt, CurrencyCode
from daybook_graphql.mapping.enums import DateForm, SignPreset

field = strawberry.field


@strawberry.type(
    description="What was asked of a file beside what it selects; null where nothing"
    " was."
)
class ExportOptions:
    preset: SignPreset | None = field(
        description="How amounts for Xero are signed, instead of the integration's"
        " setting."
    )
    date_form: DateForm | None = field(
        description="How dates are written, instead of the integration's setting."
    )
    convert: bool = field(
        description="Whether it is converted into the target's base currency."
    )
    converted_into: CurrencyCode | None = field(
        description="The currency that it is converted into, in which its totals are."
    )
    max_rows: int | None = field(
        description="The most rows of a part; 0 for one file, null for what the target"
        " takes."
    )
    default_account: str | None = field(
        description="The target's account for lines without a mapping."
    )
    opens: OpenedAccounts | None = field(
        description="Which accounts a file for Beancount opens, instead of those that"
        " it has entries of."
    )
    since: strawberry.ID | None = field(
        description="The export record to whose file it holds the difference."
    )
    rate_refresh: BigInt | None = field(
        description="The newest refresh of exchange rates that it uses, 0 for none but"
        " those that came with Daybook; null where it uses no rates."
    )


def options_shown(text: str | None) -> ExportOptions:
    """The stored options of a job or a record."""
    options = options_of(text)
    refresh, date_form = options.refresh, options.date_form
    currency = options.currency
    return ExportOptions(
        preset=None if options.preset is None else SignPreset(options.preset),
        date_form=None if date_form is None else DateForm(date_form),
        convert=options.converts,
        converted_into=None if currency is None else CurrencyCode(currency),
        max_rows=options.max_rows,
        default_account=options.default_account,
        opens=None if options.opens is Opens.USED else OpenedAccounts(options.opens),
        since=None
        if options.since is None
        else strawberry.ID(encode(ExportRecordId(options.since))),
        rate_refresh=None if refresh is None else BigInt(refresh),
    )
