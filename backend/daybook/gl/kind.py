"""Refreshes of the dataset as a kind of job, and the workplace that makes them."""

import json
from datetime import timedelta

from daybook.activity.rules import ActivityKind
from daybook.db.engine import Database
from daybook.gl.building.pins import PinnedSettings
from daybook.gl.models import GlRefresh
from daybook.gl.recording import record_segment
from daybook.jobs.kinds import JobKind, Report, Workplace
from daybook.settings import Settings
from daybook.storage.places import gl_inputs_storage, gl_segments_storage

RETENTION = timedelta(days=36_500)
"""A segment stays: an earlier state of the dataset can be asked for."""


def _name(job: GlRefresh) -> str:
    return f"refresh {job.number} of {PinnedSettings.read(job.settings).name}"


def _keep(job: GlRefresh, report: Report) -> None:
    job.made = json.dumps(report["segment"], sort_keys=True)


REFRESHES = JobKind(
    model=GlRefresh,
    module="daybook.gl.process",
    activity=ActivityKind.GL_REFRESH,
    noun="refresh",
    work="building",
    name=_name,
    keep=_keep,
    record=record_segment,
    several="refreshes",
)


def refreshes_place(
    database: Database, settings: Settings, *, at_once: int = 1
) -> Workplace[GlRefresh]:
    """Where refreshes are made: from the storage of inputs into that of segments."""
    return Workplace(
        REFRESHES,
        gl_segments_storage(database, settings),
        at_once=at_once,
        lease=timedelta(seconds=settings.export_lease_seconds),
        retention=RETENTION,
        inputs=gl_inputs_storage(database, settings),
    )
