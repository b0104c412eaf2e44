"""`/exports/<number>/<name>`: an export's file, while it is kept."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook.jobs.files import exports_folder, file_of
from daybook.jobs.models import ExportJob
from daybook.jobs.queries import get_job
from daybook.jobs.rules import ExportStatus, JobId
from daybook.settings import Settings
from daybook_web.callers import Handler, caller_of

NUMBER_MAX = 10**18


def export_file(database: Database, settings: Settings) -> Handler:
    """`/exports/<number>/<name>`."""
    folder = exports_folder(database, settings)

    async def download(request: Request) -> Response:
        caller = caller_of(request)
        if not caller.may(Permission.READ):
            message = "this key lacks the permission READ\n"
            return PlainTextResponse(message, status_code=403)
        number, name = request.path_params["number"], request.path_params["name"]
        job = None
        if number < NUMBER_MAX:
            async with database.runtime.reads() as session:
                job = await get_job(session, caller.organisation_id, number)
        if job is None or job.file_name != name:
            return PlainTextResponse("there is no such export\n", status_code=404)
        if job.status == ExportStatus.EXPIRED:
            message = "the export was kept long enough: make it anew\n"
            return PlainTextResponse(message, status_code=410)
        if job.status != ExportStatus.READY:
            return PlainTextResponse("the export has no file\n", status_code=404)
        headers = _headers(job)
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        job_id = JobId(job.organisation_id, job.number)
        file = file_of(folder, job_id, job.file_name)
        if not file.is_file():
            return PlainTextResponse("the file is not here\n", status_code=404)
        return FileResponse(
            file,
            media_type="text/csv; charset=utf-8",
            headers=headers,
            filename=job.file_name,
        )

    return download


def _headers(job: ExportJob) -> Mapping[str, str]:
    assert job.file_sha256 is not None, "a file that is ready has its hash"
    return {"ETag": f'"{job.file_sha256.hex()}"', "Cache-Control": "private"}
