"""`/datasets/journals.csv` and its other forms: the address that spreadsheets read.

It is whole, or page by page with `limit`, and the next page's address in the header
`Link`. The entity tag tells the content before anything is rendered.
"""

import logging
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook.access.rules import Caller
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.gl.dataset.files import DatasetFiles, Limits, Wanted
from daybook.gl.dataset.rendering import FileForm
from daybook.gl.dataset.snapshots import Snapshot, snapshot_at
from daybook.gl.dataset.workbook import LINES_MAX, lines_at_a_server
from daybook.sheets.xlsx_book import MEDIA_TYPE
from daybook.storage.places import gl_segments_storage
from daybook.storage.rules import why_not_kept
from daybook_web.datasets.admission import admitted, answer_text
from daybook_web.datasets.parameters import Parameters
from daybook_web.kit.file_names import disposition
from daybook_web.kit.guard import Handler
from daybook_web.kit.sending import (
    HEADERS,
    RETRY_SECONDS,
    FileFacts,
    by_conditions,
    file_response,
)
from daybook_web.kit.site import Site

logger = logging.getLogger(__name__)

DATASETS = "/datasets"
NAME = "journals"
MEDIA_TYPES = {
    FileForm.CSV: "text/csv; charset=utf-8",
    FileForm.PARQUET: "application/vnd.apache.parquet",
    FileForm.XLSX: MEDIA_TYPE,
}
UNMADE = {
    ProblemCode.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ProblemCode.UNSUPPORTED: HTTPStatus.NOT_IMPLEMENTED,
}
"""The statuses of files that can't be made; one whose source is missing has 503."""
AT_THE_SERVER = (
    f"; `daybook gl export --format xlsx` at the server writes {LINES_MAX:,}"
)
NO_DATASET = (
    "there is no dataset yet: import journals, then refresh it (`daybook gl refresh`)"
)


def dataset_routes(site: Site) -> list[Route]:
    """The address of the dataset, which takes GET and HEAD."""
    return [Route(f"{DATASETS}/{{name}}", _dataset(site), methods=["GET"])]


def _dataset(site: Site) -> Handler:
    files = DatasetFiles(
        gl_segments_storage(site.database, site.settings),
        site.settings.data / "scratch" / "datasets",
        site.tasks.begin,
        Limits(workbook_lines=lines_at_a_server(site.settings)),
    )

    async def dataset(request: Request) -> Response:
        caller = await admitted(request, site.authenticator, site.settings)
        if isinstance(caller, Response):
            return caller
        stem, _, suffix = request.path_params["name"].rpartition(".")
        if stem != NAME or suffix not in [*FileForm]:
            known = ", ".join(f"{DATASETS}/{NAME}.{form}" for form in FileForm)
            return answer_text(f"there are {known}", HTTPStatus.NOT_FOUND)
        try:
            return await _answer(request, site, files, caller, FileForm(suffix))
        except Rejected as rejected:
            lines = "\n".join(str(problem) for problem in rejected.problems)
            return answer_text(lines, HTTPStatus.BAD_REQUEST)

    return dataset


async def _answer(
    request: Request, site: Site, files: DatasetFiles, caller: Caller, form: FileForm
) -> Response:
    """The file, or what can be said without it; raises Rejected for bad parameters."""
    parameters = Parameters(request.query_params)
    found = await _state(site.database, caller.organisation_id, parameters)
    if found is None:
        message = NO_DATASET
        if parameters.refresh is not None:
            message = f"there is no refresh {parameters.refresh}, or it made nothing"
        return answer_text(message, HTTPStatus.NOT_FOUND)
    wanted = parameters.wanted(found, form)
    name = f"{NAME}.{form}"
    headers = {**HEADERS, "Content-Disposition": disposition(name)}
    tag = f'"{wanted.tag}"'
    answer = by_conditions(request, tag, {**headers, "ETag": tag})
    return answer or await _file(request, files, wanted, parameters)


async def _state(
    database: Database, organisation_id: int, parameters: Parameters
) -> Snapshot | None:
    """The state of the dataset that is asked for, or goes on; None without one."""
    async with database.reads() as session:
        found = await snapshot_at(session, organisation_id, parameters.refresh)
        if not parameters.goes_on or parameters.goes_on_in(found):
            return found
        # A removed connection is in its refresh still, and in the present no more.
        present = await snapshot_at(session, organisation_id)
    return present if parameters.goes_on_in(present) else found


async def _file(
    request: Request, files: DatasetFiles, wanted: Wanted, parameters: Parameters
) -> Response:
    """The file, which may have to be rendered first."""
    try:
        made = await files.file(wanted)
    except Rejected as rejected:
        (problem,) = rejected.problems
        status = UNMADE.get(problem.code, HTTPStatus.SERVICE_UNAVAILABLE)
        is_too_large = problem.code is ProblemCode.TOO_LARGE
        more = AT_THE_SERVER if is_too_large else ""
        return answer_text(f"{problem.message}{more}", status)
    except OSError as failed:
        logger.warning("a file of the dataset can't be made: %s", failed)
        message = f"the file can't be made now: {why_not_kept(failed)}"
        again = {"Retry-After": str(RETRY_SECONDS)}
        return answer_text(message, HTTPStatus.SERVICE_UNAVAILABLE, again)
    headers = {}
    if made.more_after is not None:
        query = parameters.query_after(wanted.snapshot, made.more_after)
        headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    facts = FileFacts(
        f"{NAME}.{wanted.form}",
        made.size,
        made.sha256,
        MEDIA_TYPES[wanted.form],
        wanted.tag,
    )
    return await file_response(request, facts, lambda: made.path.open("rb"), headers)
