"""The query `exportPreflight`: what is known of a file before it is made."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.errors import Problem, Rejected
from daybook.exports.commands import look_at_export
from daybook.exports.preflight.findings import Finding
from daybook.exports.preflight.queries import Preflight
from daybook_graphql.context import Info
from daybook_graphql.exports.enums import PreflightCode
from daybook_graphql.exports.ids import ExportRecordId
from daybook_graphql.exports.inputs import ExportPreflightInput, request_of
from daybook_graphql.journals.filters import placed
from daybook_graphql.kit.errors import refusal
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.permissions import EXPORT, needs
from daybook_graphql.kit.scalars import BigInt
from daybook_graphql.ledgers.queries import pin_of

field = strawberry.field
OPTION_FIELDS = {
    "max_rows": "maxRows",
    "date_form": "dateForm",
    "default_account": "defaultAccount",
}
"""The input's fields by the options' names, where they differ."""


@strawberry.type(description="Something that a file's target would not take as it is.")
class PreflightFinding:
    code: PreflightCode = field(description="Which rule.")
    blocks: bool = field(description="Whether there is no file until it is mended.")
    title: str = field(description="What is the case.")
    message: str = field(description="Details, with the first places; may be empty.")
    way_out: str = field(description="What to do about it; may be empty.")
    count: int = field(description="How often it is the case.")
    places: list[str] = field(
        description="All places, up to a thousand, where each has to be mended by"
        " itself; otherwise empty."
    )
    record_id: strawberry.ID | None = field(
        description="The record of the posted file whose difference is the way out;"
        " null for others."
    )


@strawberry.type(description="What an account of the ledger has in a file.")
class PreflightAccount:
    name: str = field(description="The account's name in the file.")
    debit: Money = field(description="What its debits sum to.")
    credit: Money = field(description="What its credits sum to.")


@strawberry.type(
    description="What is known of a file before it is made: its control totals, and"
    " everything that its target would not take."
)
class ExportPreflight:
    filename: str = field(description="What the file will be called.")
    rows: BigInt = field(description="How many rows it has below the header.")
    files: int = field(description="In how many files it comes.")
    debit_total: Money = field(description="What its debits sum to.")
    credit_total: Money = field(description="What its credits sum to: the same.")
    accounts: list[PreflightAccount] = field(
        description="The sums of each account, in the order of the report."
    )
    is_blocked: bool = field(
        description="Whether something stops it: `createExport` would be refused."
    )
    findings: list[PreflightFinding] = field(
        description="What was found; what stops the file comes first."
    )
    first_lines: list[str] = field(
        description="The file's first lines, its header among them, as far as they can"
        " be rendered; none of formats that aren't text."
    )


@strawberry.type
class PreflightQueries:
    @strawberry.field(
        description="What a file would be, and what its target would not take of it,"
        " before it is exported. Changes nothing; it reads all that is selected.",
        metadata=needs(EXPORT),
    )
    async def export_preflight(
        self,
        info: Info,
        input: Annotated[
            ExportPreflightInput,
            strawberry.argument(description="The file, as `createExport` takes it."),
        ],
    ) -> ExportPreflight:
        context, filter_input = info.context, input.filter
        as_of = None if filter_input is None else filter_input.as_of
        pin = await pin_of(context, input.ledger_id, as_of)
        try:
            name, found = await look_at_export(context.database, pin, request_of(input))
        except Rejected as rejected:
            raise refusal(placed_options(rejected.problems), ("input",)) from None
        return _shown(name, found)


def placed_options(problems: Sequence[Problem]) -> list[Problem]:
    """Problems of a request with the paths of the input's fields."""
    renamed = [
        Problem(
            problem.code,
            problem.message,
            tuple(OPTION_FIELDS.get(part, part) for part in problem.path),
            problem.line,
        )
        for problem in problems
    ]
    return placed(renamed)


def _shown(name: str, found: Preflight) -> ExportPreflight:
    currency = found.currency
    rows, debits, credits_ = found.totals
    return ExportPreflight(
        filename=name,
        rows=BigInt(rows),
        files=found.files,
        debit_total=money(debits, currency),
        credit_total=money(credits_, currency),
        accounts=[
            PreflightAccount(
                name=account,
                debit=money(sums[0], currency),
                credit=money(sums[1], currency),
            )
            for account, sums in found.accounts.items()
        ],
        is_blocked=bool(found.blocking),
        findings=[_finding(finding) for finding in found.findings],
        first_lines=list(found.first_lines),
    )


def _finding(finding: Finding) -> PreflightFinding:
    record = finding.record
    return PreflightFinding(
        code=PreflightCode(finding.code),
        blocks=finding.blocks,
        title=finding.title,
        message=finding.message,
        way_out=finding.way_out,
        count=finding.count,
        places=list(finding.places),
        record_id=None if record is None else encode(ExportRecordId(record)),
    )
