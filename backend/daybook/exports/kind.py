"""Exports as a kind of job, and the workplace that makes them."""

from datetime import timedelta

from daybook.activity.rules import ActivityKind
from daybook.db.engine import Database
from daybook.exports.events import announce_end
from daybook.exports.models import ExportJob
from daybook.exports.records import record_job
from daybook.exports.stored_spec import spec_of
from daybook.jobs.cores import cores
from daybook.jobs.kinds import JobKind, Report, Sharing, Workplace
from daybook.settings import Settings
from daybook.storage.places import exports_storage


def _name(job: ExportJob) -> str:
    by = "" if job.group_by is None else f" by {job.group_by or 'period'}"
    return f"export {job.number} of {job.currency} journals, {job.granularity}{by}"


def _keep(job: ExportJob, report: Report) -> None:
    job.renderer = spec_of(job).renderer
    job.debit_total, job.credit_total = report["debit_total"], report["credit_total"]
    job.manifest = report["manifest"]


EXPORTS = JobKind(
    model=ExportJob,
    module="daybook.exports.process",
    activity=ActivityKind.EXPORT,
    noun="export",
    work="rendering",
    name=_name,
    keep=_keep,
    record=record_job,
    announce=announce_end,
    part_module="daybook.exports.parts.helping",
)

SHARED_ROWS_MIN = 2_000_000
"""One process renders fewer in some seconds: helpers would hardly begin in time."""
PART_ROWS = 200_000
"""So many are rendered in a part of a second. They are some 40 MB of text, which a
helper has in memory until they are stored."""


def exports_place(
    database: Database, settings: Settings, *, is_worker: bool = False
) -> Workplace[ExportJob]:
    """Where exports are made, by the settings; by workers where there is Redis."""
    at_once = settings.exports_at_once
    if at_once is None:
        is_left_to_workers = settings.redis_url.get_secret_value() and not is_worker
        at_once = 0 if is_left_to_workers else 1
    return Workplace(
        EXPORTS,
        exports_storage(database, settings),
        at_once=at_once,
        lease=timedelta(seconds=settings.export_lease_seconds),
        retention=timedelta(days=settings.export_days),
        running_max=settings.exports_per_organisation,
        sharing=_sharing(settings) if is_worker else None,
    )


def _sharing(settings: Settings) -> Sharing:
    wanted = settings.export_processes
    helpers = wanted or cores()
    return Sharing(helpers, SHARED_ROWS_MIN, PART_ROWS, by_cores=not wanted)
