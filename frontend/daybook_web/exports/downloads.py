"""`/exports/<number>/<name>`: an export's file and its manifest."""

from collections.abc import Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from daybook.access.rules import Permission
from daybook.clock import now
from daybook.db.engine import Database
from daybook.exports.formats import format_of
from daybook.exports.links import has_file, note_download
from daybook.exports.manifests.manifest import MEMBER
from daybook.exports.models import ExportJob
from daybook.exports.names import is_archive_name
from daybook.exports.writing.compression import compression_of
from daybook.jobs.kinds import file_key
from daybook.jobs.queries import get_job
from daybook.jobs.rules import JobStatus
from daybook.numbers import read_number
from daybook.storage.places import exports_storage
from daybook_web.kit.guard import Handler, caller_of
from daybook_web.kit.sending import FileFacts, file_response
from daybook_web.kit.site import Site


def export_file(site: Site) -> Handler:
    """`/exports/<number>/<name>`."""
    files = ExportFiles(site)

    async def download(request: Request) -> Response:
        caller = caller_of(request)
        if not caller.may(Permission.READ):
            return _text("this key lacks the permission READ", 403)
        text, name = request.path_params["number"], request.path_params["name"]
        job = await _job(site.database, caller.organisation_id, text)
        if job is not None and name == MEMBER and job.manifest is not None:
            return Response(job.manifest, media_type="application/json")
        if job is None or job.file_name != name:
            return _text("there is no such export", 404)
        if job.status not in {JobStatus.READY, JobStatus.EXPIRED}:
            return _text("the export has no file", 404)
        if not has_file(job, now(site.settings)):
            return _text("the export was kept long enough: make it again", 410)
        return await files.response(request, job)

    return download


class ExportFiles:
    """Sends the files of exports, and notes who is first to have fetched one."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._storage = exports_storage(site.database, site.settings)

    async def response(
        self,
        request: Request,
        job: ExportJob,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The answer with the file of an export that is ready."""
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
        open_file = partial(self._storage.open, file_key(job.job_id, job.file_name))
        is_first = job.first_downloaded_at is None
        note = None
        if is_first and not self._site.database.is_read_only:
            note = partial(self._note, job)
        return await file_response(request, facts, open_file, headers, note)

    async def _note(self, job: ExportJob) -> None:
        moment = now(self._site.settings)
        await note_download(self._site.database.runtime, job.job_id, moment)


async def _job(database: Database, organisation_id: int, text: str) -> ExportJob | None:
    """The organisation's export with a number; None if there is none."""
    try:
        number = read_number(text)
    except ValueError:
        return None
    async with database.runtime.reads() as session:
        return await get_job(session, ExportJob, organisation_id, number)


def _text(message: str, status: int) -> Response:
    return PlainTextResponse(f"{message}\n", status_code=status)
