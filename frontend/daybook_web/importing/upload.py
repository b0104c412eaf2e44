"""The page of an upload: how far it is, what it would bring, and the forms to take it.

A run does the work (`runs`), and the page shows its answer: the operation `UploadPage`
has how far it is, and what it found. A page that says how far a
run is leads on to the run's answer by its number, `?read=3`: whatever is recorded
meanwhile, it isn't read again for ever.
"""

from collections.abc import Mapping
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.access.rules import Permission
from daybook.uploads.rules import UploadId, Work
from daybook_web.importing.progress import READ, ImportProgressView
from daybook_web.importing.results import (
    Answer,
    Fault,
    UploadPage,
    UploadRun,
    UploadState,
)
from daybook_web.importing.runs import ImportRuns
from daybook_web.importing.view import PATH, ImportPreviewView, Look, Upload
from daybook_web.importing.work import look, take
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forbidden import forbidden
from daybook_web.kit.formats import sentence
from daybook_web.kit.forms import number_in
from daybook_web.kit.guard import caller_of
from daybook_web.kit.keeping import drop, shown_name
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond, wants_fragment
from daybook_web.kit.site import Site

CHOOSE = Link("Choose a file", PATH)
FAILED = (
    "Something went wrong on our side, and it was written to the server's log. The file"
    " is still here: read it again to see what is still to be imported."
)


class UploadRequest:
    """One request for an upload, whose file's name stands in the address."""

    def __init__(self, request: Request, site: Site, runs: ImportRuns) -> None:
        self.request = request
        self.site = site
        self.runs = runs
        self.running = site.running(request)
        name = shown_name(request.query_params.get("name", ""))
        self.upload = Upload(request.path_params["key"], name)
        caller = caller_of(request)
        self.upload_id = UploadId(caller.organisation_id, self.upload.key)
        self.asked = number_in(request.query_params, READ)

    async def show(self) -> Response:
        """What the upload would bring, or how far its run is."""
        if not caller_of(self.request).may(Permission.RECORD):
            return await forbidden(self.request, Permission.RECORD)
        found = await self._found()
        number: int | None = self.asked
        if found.problem is None and not await self._has_answer(found.run):
            work = partial(look, upload=self.upload)
            number = await self.runs.run(self.running, self.upload_id, Work.LOOK, work)
            found = await self._found()
        return self._shown(found, number)

    async def take(self, form: Mapping[str, str]) -> Response:
        """Import the upload, if it still brings what its reader saw."""
        if not caller_of(self.request).may(Permission.RECORD):
            return await forbidden(self.request, Permission.RECORD)
        seen, expected = form.get("seen", ""), form.get("expected", "")
        work = partial(take, upload=self.upload, seen=seen, expected=expected)
        number = await self.runs.run(self.running, self.upload_id, Work.TAKE, work)
        found = await self._found()
        if found.run is not None and found.run.is_running:
            return RedirectResponse(self._address(found.run), status_code=303)
        return self._shown(found, number)

    async def discard(self) -> Response:
        """Delete the upload, or say that it was taken, or that there is none."""
        if not caller_of(self.request).may(Permission.RECORD):
            return await forbidden(self.request, Permission.RECORD)
        database, settings = self.site.database, self.site.settings
        is_there = self.upload_id.can_be and await drop(
            database, settings, self.upload_id
        )
        if not is_there:
            return await self.show()
        done = urlencode({"discarded": "yes", "name": self.upload.name})
        return RedirectResponse(f"{PATH}?{done}", status_code=303)

    async def _found(self) -> UploadState:
        """Whether the upload is there, and its last run."""
        found = await self.running.run(UploadPage, {"uploadId": self.upload.key})
        return found.upload

    async def _has_answer(self, run: UploadRun | None) -> bool:
        """Whether a run was asked for, or found what another one would find now."""
        if run is None or run.is_lost:
            return False
        if run.number == self.asked:
            return True
        answer, context = run.answer, self.running.context
        if answer is None or answer.preview is None or answer.problem:
            return False
        if answer.preview.is_of_an_earlier_version:
            return False
        mark = await context.mark()
        return answer.mark == mark.audit_records and answer.day == await context.today()

    def _shown(self, found: UploadState, number: int | None) -> Response:
        """How far the last run is, or the answer of the one with a number.

        Another one's answer isn't shown of an upload that can't be taken. A page that
        asks by itself how far a run is, is led to its answer.
        """
        run = found.run
        if run is not None and run.is_running:
            view = ImportProgressView.of(run, self.upload, self._address(run))
            return respond(self.request, view)
        if wants_fragment(self.request):
            url = self.upload.url() if run is None else self._address(run)
            return Response(headers={"HX-Redirect": url})
        if found.problem is not None and (run is None or run.number != number):
            return self._not_here(found.problem)
        if run is None or run.answer is None:
            return self._failed()
        return self._answered(run.answer, follows_lost=run.follows_lost)

    def _answered(self, answer: Answer, *, follows_lost: bool) -> Response:
        """The page of a run that has ended."""
        if answer.failed:
            return self._failed()
        if answer.fault is not None:
            return self._not_here(answer.fault)
        if answer.taken is not None:
            done = {
                "taken": answer.taken.documents,
                "journals": answer.taken.journals,
                "name": self.upload.name,
            }
            return RedirectResponse(f"{PATH}?{urlencode(done)}", status_code=303)
        return self._page(answer, follows_lost=follows_lost)

    def _address(self, run: UploadRun) -> str:
        """The address that shows a run, with what was typed for its file."""
        query = {**self.request.query_params, READ: str(run.number)}
        return f"{PATH}/{self.upload.key}?{urlencode(query)}"

    def _page(self, answer: Answer, *, follows_lost: bool) -> Response:
        """What an upload would bring, or what is wrong with it."""
        found = answer.preview
        assert found is not None, "it is the answer's only part"
        for fault in found.user_errors:
            if fault.is_of_the_upload:
                return self._not_here(fault)
        view = ImportPreviewView.of(
            found,
            self.upload,
            self.site.settings.import_bytes_max,
            self.request.query_params,
            Look(answer.day, answer.problem, follows_lost),
        )
        return respond(self.request, view, status=422 if answer.problem else 200)

    def _failed(self) -> Response:
        """The page of a run that came to no end."""
        links = [Link("Read it again", self.upload.url()), CHOOSE]
        title = "This file could not be read to its end"
        return error_page(self.request, 500, title, FAILED, links)

    def _not_here(self, fault: Fault) -> Response:
        """The page of an upload that can't be imported, or not now."""
        message = f"{sentence(fault.message)} Nothing was changed."
        if fault.code == "IN_USE":
            again = Link("Look again", self.upload.url())
            title = "This file is being imported"
            return error_page(self.request, 409, title, message, [again])
        is_taken = fault.code == "UPLOAD_SPENT"
        title = (
            "This file was imported already" if is_taken else "This file is not here"
        )
        links = [CHOOSE, Link("Overview", "/close")]
        return error_page(self.request, 404, title, message, links)
