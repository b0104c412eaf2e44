"""The audit records of journals."""

from collections import defaultdict
from collections.abc import Sequence

from daybook.ledger.pins import Pin
from daybook.reports.trail.queries import ListedRecord, records_of_recordings
from daybook_graphql.audit.types import AuditRecord, audit_record_of
from daybook_graphql.context import Context, Info, loader
from daybook_graphql.journals.loaders import NumberKey, histories
from daybook_graphql.journals.types import audit_records_of_journal


@loader()
async def records(
    context: Context, keys: list[NumberKey]
) -> Sequence[ListedRecord | None]:
    """The audit records of recordings; one of before the trail has none."""
    of_ledgers: dict[int, set[int]] = defaultdict(set)
    for pin, recording in keys:
        of_ledgers[pin.ledger_id].add(recording)
    async with context.database.reads() as session:
        found = {
            ledger: await records_of_recordings(
                session, context.organisation_id, ledger, numbers
            )
            for ledger, numbers in of_ledgers.items()
        }
    return [found[pin.ledger_id].get(recording) for pin, recording in keys]


@audit_records_of_journal.implemented
async def _records(info: Info, pin: Pin, number: int) -> list[AuditRecord]:
    """What made or changed a journal, the newest first."""
    left = await histories(info.context).load((pin, number))
    keys = [(pin, its.recording) for its in left]
    loaded = await records(info.context).load_many(keys)
    found = {row.record.number: row for row in loaded if row is not None}
    return [audit_record_of(found[number]) for number in sorted(found, reverse=True)]
