"""Loaders of the records of exports' files, and of their postings."""

from collections.abc import Sequence

from daybook.exports.queries import (
    ListedRecord,
    PostingOfRecord,
    postings_of,
    records_of_jobs,
)
from daybook_graphql.context import Context, loader


# Without a cache: a subscription loads again, and then there may be a record.
@loader(cache=False)
async def records_by_job(
    context: Context, jobs: list[tuple[int, bytes]]
) -> Sequence[ListedRecord | None]:
    """The records of jobs, by the job's number and the hash of its file."""
    async with context.database.pinned_reads() as session:
        records = await records_of_jobs(session, context.organisation_id, jobs)
    return [records.get(job) for job in jobs]


@loader(cache=False)
async def postings_by_record(
    context: Context, numbers: list[int]
) -> Sequence[list[PostingOfRecord]]:
    """All postings of records, oldest first."""
    async with context.database.pinned_reads() as session:
        found = await postings_of(session, context.organisation_id, numbers)
    return [found.get(number, []) for number in numbers]
