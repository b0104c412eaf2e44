"""Removing the files that killed programs left behind."""

import asyncio
from collections import defaultdict
from typing import Any

from daybook.db.engine import Store
from daybook.jobs.kinds import Workplace, folder_key, job_of
from daybook.jobs.queries import jobs_by_number
from daybook.jobs.rules import ENDED_WITHOUT_FILE
from daybook.storage.rules import Stored


async def tidy(store: Store, place: Workplace[Any]) -> None:
    """Remove files of jobs that ended without one, and parts of lost workers."""
    storage = place.storage
    files = await asyncio.to_thread(lambda: list(storage.stored()))
    found: dict[int, dict[int, list[Stored]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        job_id = job_of(file.key)
        if job_id is not None:
            found[job_id.organisation_id][job_id.number].append(file)
    for organisation_id, numbers in found.items():
        async with store.reads() as session:
            model = place.kind.model
            jobs = await jobs_by_number(session, model, organisation_id, numbers)
        for job in jobs:
            if job.status in ENDED_WITHOUT_FILE:
                await asyncio.to_thread(storage.remove, folder_key(job.job_id))
                continue
            for file in numbers[job.number]:
                if file.writer is not None and not file.may_be_of(job.worker):
                    await asyncio.to_thread(storage.discard, file.key, file.writer)
