"""`/exports/<number>/<name>`: an export's file and its manifest; `/exports/new`."""

from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from daybook.access.rules import Permission
from daybook.clock import now
from daybook.db.engine import Database
from daybook.exports.formats import format_of
from daybook.exports.manifests.manifest import MEMBER
from daybook.exports.models import ExportJob
from daybook.exports.names import is_archive_name
from daybook.exports.writing.compression import compression_of
from daybook.jobs.kinds import file_key
from daybook.jobs.queries import get_job
from daybook.jobs.rules import JobStatus
from daybook.numbers import read_number
from daybook.settings import Settings
from daybook.storage.places import exports_storage
from daybook.storage.rules import Storage
from daybook_web.exports.new_export import new_export
from daybook_web.kit.guard import Handler, caller_of
from daybook_web.kit.sending import FileFacts, file_response
from daybook_web.kit.site import Site


def export_routes(site: Site) -> list[Route]:
    """The files of exports, and the page of a new one."""
    file = export_file(site.database, site.settings)
    return [
        site.guarded("/exports/new", new_export(site), "GET", "POST"),
        site.guarded("/exports/{number}/{name}", file),
    ]


def export_file(database: Database, settings: Settings) -> Handler:
    """`/exports/<number>/<name>`."""
    storage = exports_storage(database, settings)

    async def download(request: Request) -> Response:
        caller = caller_of(request)
        if not caller.may(Permission.READ):
            return _text("this key lacks the permission READ", 403)
        text, name = request.path_params["number"], request.path_params["name"]
        job = await _job(database, caller.organisation_id, text)
        if job is not None and name == MEMBER and job.manifest is not None:
            return Response(job.manifest, media_type="application/json")
        if job is None or job.file_name != name:
            return _text("there is no such export", 404)
        if _is_expired(job, now(settings)):
            return _text("the export was kept long enough: make it again", 410)
        if job.status != JobStatus.READY:
            return _text("the export has no file", 404)
        return await _file(request, storage, job)

    return download


async def _job(database: Database, organisation_id: int, text: str) -> ExportJob | None:
    """The organisation's export with a number; None if there is none."""
    try:
        number = read_number(text)
    except ValueError:
        return None
    async with database.runtime.reads() as session:
        return await get_job(session, ExportJob, organisation_id, number)


async def _file(request: Request, storage: Storage, job: ExportJob) -> Response:
    assert job.file_sha256 is not None, "a file that is ready has its hash"
    assert job.file_bytes is not None, "and its size"
    form = compression_of(job.compression) or format_of(job.format)
    is_archive = is_archive_name(job.file_name)
    facts = FileFacts(
        job.file_name,
        job.file_bytes,
        job.file_sha256,
        "application/zip" if is_archive else form.media_type,
    )
    key = file_key(job.job_id, job.file_name)
    return await file_response(request, facts, partial(storage.open, key))


def _text(message: str, status: int) -> Response:
    return PlainTextResponse(f"{message}\n", status_code=status)


def _is_expired(job: ExportJob, moment: datetime) -> bool:
    """Whether a file is past its retention, also if it was not removed yet."""
    if job.status == JobStatus.READY and job.expires_at is not None:
        return job.expires_at <= moment
    return job.status == JobStatus.EXPIRED
