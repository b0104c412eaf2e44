"""Loaders of the documents of runs, for all runs of a page at once."""

from collections import defaultdict
from collections.abc import Sequence

from daybook.activity.rules import Run
from daybook.paging import Page, PageRequest
from daybook.reports.run_documents import (
    RunDocument,
    count_documents_of_runs,
    documents_of_runs,
)
from daybook_graphql.context import Context, loader


@loader()
async def documents_by_run(
    context: Context, keys: list[tuple[Run, PageRequest]]
) -> Sequence[Page[RunDocument]]:
    """Pages of the documents of runs."""
    asked: dict[PageRequest, list[Run]] = defaultdict(list)
    for run, request in keys:
        asked[request].append(run)
    found: dict[tuple[Run, PageRequest], Page[RunDocument]] = {}
    async with context.database.pinned_reads() as session:
        for request, runs in asked.items():
            pages = await documents_of_runs(session, runs, request)
            found |= {
                (run, request): page for run, page in zip(runs, pages, strict=True)
            }
    return [found[key] for key in keys]


@loader()
async def document_counts_by_run(context: Context, runs: list[Run]) -> Sequence[int]:
    """How many documents runs have in all."""
    async with context.database.pinned_reads() as session:
        return await count_documents_of_runs(session, runs)
