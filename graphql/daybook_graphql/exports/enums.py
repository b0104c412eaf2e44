"""The formats of exports, and where one stands."""

from enum import Enum

import strawberry

from daybook.exports.compression import COMPRESSIONS
from daybook.exports.formats import FORMATS
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


@strawberry.enum(description="Where an export stands.")
class ExportStatus(Enum):
    QUEUED = value(JobStatus.QUEUED, description="It waits for its turn.")
    RUNNING = value(JobStatus.RUNNING, description="It is being rendered.")
    READY = value(JobStatus.READY, description="Its file can be fetched.")
    FAILED = value(JobStatus.FAILED, description="It came to nothing.")
    CANCELLED = value(JobStatus.CANCELLED, description="Somebody ended it.")
    EXPIRED = value(JobStatus.EXPIRED, description="Its file was kept long enough.")
