"""Versions of documents: what each recording made of them."""

from collections import defaultdict
from collections.abc import Sequence

import strawberry

from daybook.documents.rules import DocumentStatus as StoredStatus
from daybook.ledger.pins import Pin
from daybook.reports.document_details import ListedVersion, versions_of
from daybook_graphql.context import Context, loader
from daybook_graphql.documents.enums import DocumentStatus
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.scalars import BigInt, Date, DateTime


@strawberry.type(
    description="What a recording made of a document: an import that sent it, revised"
    " it or voided it."
)
class DocumentVersion:
    number: int = strawberry.field(description="1 is what was sent first.")
    recording: BigInt = strawberry.field(description="The recording that made it.")
    recorded_at: DateTime = strawberry.field(description="When it was recorded.")
    reason: str = strawberry.field(
        description="What the recording says of itself: `import of october.csv`,"
        " `invoice inv_1 voided: sent twice`."
    )
    status: DocumentStatus = strawberry.field(description="What it was then.")
    total: Money = strawberry.field(
        description="What its lines summed to then, less the discount, as the"
        " document's own `total` is."
    )
    accounting_date: Date = strawberry.field(
        description="The day it counted from in the ledger."
    )


def version_of(row: ListedVersion, currency: str) -> DocumentVersion:
    """A stored version as the schema shows it."""
    return DocumentVersion(
        number=row.number,
        recording=BigInt(row.made_in),
        recorded_at=DateTime(row.recorded_at),
        reason=row.reason,
        status=DocumentStatus(StoredStatus(row.status)),
        total=money(row.total, currency),
        accounting_date=Date(row.accounting_date),
    )


@loader()
async def document_versions(
    context: Context, keys: list[tuple[Pin, int]]
) -> Sequence[list[ListedVersion]]:
    """The versions of documents, newest first, by pin and Daybook's number."""
    by_pin: dict[Pin, list[int]] = defaultdict(list)
    for pin, number in keys:
        by_pin[pin].append(number)
    async with context.database.pinned_reads() as session:
        found = {
            pin: await versions_of(session, pin, numbers)
            for pin, numbers in by_pin.items()
        }
    return [found[pin].get(number, []) for pin, number in keys]
