"""`/documents/import`: a file is sent, and what it would bring is looked at.

The file is kept as an upload, as programs send it to `POST /uploads`. The page of an
upload shows what its import would bring, without recording anything; its forms take or
discard it. What takes longer than a moment goes on by itself.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.access.rules import Permission
from daybook.uploads.rules import UploadId
from daybook_web.importing.results import ImportPage
from daybook_web.importing.runs import ImportRuns
from daybook_web.importing.upload import UploadRequest
from daybook_web.importing.view import (
    DOCUMENTS,
    PATH,
    UNNAMED,
    ImportStartView,
    Upload,
)
from daybook_web.kit.forbidden import forbidden
from daybook_web.kit.formats import count
from daybook_web.kit.forms import Problem, form_of, number_in
from daybook_web.kit.guard import caller_of
from daybook_web.kit.keeping import (
    NotKept,
    drop,
    keep_or_say,
    problem_of_file,
    shown_name,
)
from daybook_web.kit.receiving import FileForm
from daybook_web.kit.rendering import respond
from daybook_web.kit.site import Site

RUNS = 5
FORM_BYTES = 2**16
"""What a form has besides its file, at the most."""


def importing_routes(site: Site) -> list[Route]:
    """The form, and the pages of uploads."""
    runs = ImportRuns(site.database.runtime, site.tasks)

    async def start(request: Request) -> Response:
        return await _Start(request, site).show(done=_done(request))

    async def send(request: Request, form: FileForm) -> Response:
        return await _Start(request, site).send(form)

    async def upload(request: Request) -> Response:
        page = UploadRequest(request, site, runs)
        if request.method == "POST":
            return await page.take(await form_of(request))
        return await page.show()

    async def discard(request: Request) -> Response:
        return await UploadRequest(request, site, runs).discard()

    return [
        site.guarded(PATH, start),
        site.guarded_file(PATH, send, site.settings.import_bytes_max + FORM_BYTES),
        site.guarded(f"{PATH}/{{key}}", upload, "GET", "POST"),
        site.guarded(f"{PATH}/{{key}}/discard", discard, "POST"),
    ]


class _Start:
    """One request for the form that sends a file."""

    def __init__(self, request: Request, site: Site) -> None:
        self.request = request
        self.site = site

    async def show(
        self, problems: Sequence[Problem] = (), *, status: int = 200, done: str = ""
    ) -> Response:
        """The form and the last imports."""
        if not caller_of(self.request).may(Permission.RECORD):
            return await forbidden(self.request, Permission.RECORD)
        found = await self.site.running(self.request).run(ImportPage, {"first": RUNS})
        view = ImportStartView.of(
            found, self.site.settings.import_bytes_max, done=done, problems=problems
        )
        return respond(self.request, view, status=status)

    async def send(self, form: FileForm) -> Response:
        """Keep the file of a form, and lead to what it would bring."""
        caller = caller_of(self.request)
        if not caller.may(Permission.RECORD):
            return await forbidden(self.request, Permission.RECORD)
        database, settings = self.site.database, self.site.settings
        problem = problem_of_file(
            form.file, settings.import_bytes_max, is_too_large=form.is_too_large
        )
        if problem:
            return await self._refuse(problem)
        assert form.file is not None, "it would be a problem"
        try:
            upload_id = await keep_or_say(database, settings, caller, form.file)
        except NotKept as failed:
            return await self._refuse(str(failed), status=failed.status)
        replaced = UploadId(caller.organisation_id, form.fields.get("replaces", ""))
        if replaced.can_be:
            await drop(database, settings, replaced)
        url = Upload(upload_id.key, shown_name(form.file.filename or "")).url()
        if self.request.headers.get("hx-request") == "true":
            # A script can't see where a redirect leads before it was followed, and
            # the page there does the work of an import.
            return Response(headers={"HX-Redirect": url})
        return RedirectResponse(url, status_code=303)

    async def _refuse(self, message: str, *, status: int = 422) -> Response:
        return await self.show([Problem("file", message)], status=status)


def _done(request: Request) -> str:
    """What a form did that led back here, in words."""
    query = request.query_params
    name = query.get("name") or UNNAMED
    if "discarded" in query:
        return f"{name} is discarded. Nothing of it was imported."
    taken = number_in(query, "taken")
    if not taken:
        return ""
    journals = count(number_in(query, "journals"), "journal", "journals")
    return f"{name} is imported: {count(taken, *DOCUMENTS)}, {journals}."
