"""`/general-ledger/import`: files of Xero are sent, looked at, and then imported.

The files are kept as uploads, as programs send them to `POST /uploads`. The page of
some uploads, `/general-ledger/import/files?upload=…`, shows what they would bring; its
forms import or discard them.
"""

from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlencode

from starlette.datastructures import QueryParams, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.access.rules import Permission
from daybook.gl.uploaded import UPLOADS_MAX
from daybook.uploads.rules import UploadId
from daybook_graphql.execution.operations import OperationFailed
from daybook_web.general_ledger.import_results import (
    Brought,
    Fault,
    GlImportPage,
    Into,
    PreviewGlImport,
)
from daybook_web.general_ledger.import_view import (
    DISCARD,
    FILES,
    KINDS,
    PATH,
    Files,
    GlImportView,
    GlPreviewView,
    SendForm,
)
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forbidden import forbidden
from daybook_web.kit.formats import count, sentence
from daybook_web.kit.forms import Problem, form_of, number_in
from daybook_web.kit.guard import caller_of
from daybook_web.kit.keeping import NotKept, drop, keep_or_say, problem_of_file
from daybook_web.kit.links import Link
from daybook_web.kit.receiving import FileForm
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Refused, refused_by_schema
from daybook_web.kit.site import Site

RUNS = 5
FORM_BYTES = 2**16
"""What a form has besides its files, at the most."""
MAPPING = "mapping"
LATE = "CONFLICT"


def gl_importing_routes(site: Site) -> list[Route]:
    """The form, and the page of files that were sent."""

    async def start(request: Request) -> Response:
        return await _Request(request, site).start()

    async def send(request: Request, form: FileForm) -> Response:
        return await _Request(request, site).send(form)

    async def files(request: Request) -> Response:
        page = _Request(request, site)
        return await (page.take() if request.method == "POST" else page.look())

    async def discard(request: Request) -> Response:
        return await _Request(request, site).discard()

    bytes_max = site.settings.import_bytes_max + FORM_BYTES
    return [
        site.guarded(PATH, start),
        site.guarded_file(PATH, send, bytes_max, UPLOADS_MAX + 1),
        site.guarded(FILES, files, "GET", "POST"),
        site.guarded(DISCARD, discard, "POST"),
    ]


class _Request:
    """One request for the form, or for the page of some files."""

    def __init__(self, request: Request, site: Site) -> None:
        self.request = request
        self.site = site
        self.running = site.running(request)
        self.may = caller_of(request).may(Permission.RECORD)
        self.bytes_max = site.settings.import_bytes_max

    async def start(
        self, problems: Sequence[Problem] = (), *, status: int = 200
    ) -> Response:
        """The form, the files that wait, and the last imports."""
        if not self.may:
            return await forbidden(self.request, Permission.RECORD)
        found = await self.running.run(GlImportPage, {"first": RUNS})
        query = self.request.query_params
        connections = found.gl_connections
        into = number_in(query, "into")
        done_in = next((its for its in connections if its.number == into), None)
        chosen = done_in or (connections[0] if connections else None)
        form = SendForm.of(connections, self.bytes_max, chosen.id if chosen else "", "")
        view = GlImportView.of(
            found,
            form,
            done=_done(query, done_in),
            done_in=done_in if "taken" in query else None,
            problems=problems,
        )
        return respond(self.request, view, status=status)

    async def send(self, form: FileForm) -> Response:
        """Keep the files of a form, and lead to what they would bring."""
        if not self.may:
            return await forbidden(self.request, Permission.RECORD)
        sent = [file for name, file in form.files if name != MAPPING]
        mapping = next(
            (its for name, its in form.files if name == MAPPING and its.filename), None
        )
        problem = "" if sent else problem_of_file(None, self.bytes_max)
        every = [*sent, mapping] if mapping else sent
        for file in every:
            problem = problem or problem_of_file(file, self.bytes_max)
        if form.is_too_large:
            problem = problem_of_file(None, self.bytes_max, is_too_large=True)
        if problem:
            return await self.start([Problem("file", problem)], status=422)
        kept: list[UploadId] = []
        try:
            for file in every:
                upload_id = await self._kept(file)
                kept.append(upload_id)
        except NotKept as failed:
            await self._drop(kept)
            return await self.start(
                [Problem("file", str(failed))], status=failed.status
            )
        keys = [upload_id.key for upload_id in kept]
        mapping_key = keys.pop() if mapping else ""
        fields = form.fields
        replaced = fields.get("replaces", "").split()[: UPLOADS_MAX + 1]
        await self._drop(self._upload_ids(replaced))
        files = Files(
            fields.get("connection", ""), fields.get("kind", ""), keys, mapping_key
        )
        if self.request.headers.get("hx-request") == "true":
            # A script can't see where a redirect leads before it was followed.
            return Response(headers={"HX-Redirect": files.url()})
        return RedirectResponse(files.url(), status_code=303)

    async def _kept(self, file: UploadFile) -> UploadId:
        caller = caller_of(self.request)
        return await keep_or_say(self.site.database, self.site.settings, caller, file)

    async def look(self, problem: str = "") -> Response:
        """What the files of the address would bring, without importing anything."""
        if not self.may:
            return await forbidden(self.request, Permission.RECORD)
        files = self._files()
        running = self.running.renewed()
        given = {"input": {**files.variables, "dryRun": True}}
        try:
            found = (await running.run(PreviewGlImport, given)).import_gl
        except OperationFailed as failed:
            return self._not_here(refused_by_schema(failed).faults[0].message)
        for fault in found.user_errors:
            if fault.is_of_an_upload:
                return self._not_here(fault.message)
        page = await running.run(GlImportPage, {"first": RUNS})
        connections = page.gl_connections
        into = next((its for its in connections if its.id == files.connection), None)
        form = SendForm.of(connections, self.bytes_max, files.connection, files.kind)
        view = GlPreviewView.of(found, files, form, into=into, problem=problem)
        return respond(self.request, view, status=422 if problem else 200)

    async def take(self) -> Response:
        """Import the files of the address, if they still bring what was seen."""
        if not self.may:
            return await forbidden(self.request, Permission.RECORD)
        files, form = self._files(), await form_of(self.request)
        given = {
            **files.variables,
            "expectedAuditRecord": form.get("expected") or None,
        }
        try:
            brought = await self.running.change("ImportGl", given, Brought)
        except Refused as refused:
            first = refused.faults[0]
            fault = Fault(first.code, first.message, first.path, first.line)
            if fault.is_of_an_upload:
                return self._not_here(fault.message)
            is_late = fault.code == LATE
            words = sentence(fault.message) if is_late else "The files have problems."
            return await self.look(words)
        await self._drop(self._upload_ids([files.mapping]))
        page = await self.running.renewed().run(GlImportPage, {"first": RUNS})
        into = [its for its in page.gl_connections if its.id == files.connection]
        done = {"taken": brought.documents, "into": into[0].number if into else 0}
        return RedirectResponse(f"{PATH}?{urlencode(done)}", status_code=303)

    async def discard(self) -> Response:
        """Delete the files of the address."""
        if not self.may:
            return await forbidden(self.request, Permission.RECORD)
        files = self._files()
        await self._drop(self._upload_ids([*files.keys, files.mapping]))
        query = urlencode({"discarded": len(files.keys)})
        return RedirectResponse(f"{PATH}?{query}", status_code=303)

    def _files(self) -> Files:
        """The files that the address names."""
        query = self.request.query_params
        kinds = {choice.value for choice in KINDS}
        kind = query.get("kind", "")
        return Files(
            query.get("connection", ""),
            kind if kind in kinds else "",
            query.getlist("upload"),
            query.get("mapping", ""),
        )

    def _upload_ids(self, keys: Sequence[str]) -> list[UploadId]:
        organisation_id = caller_of(self.request).organisation_id
        found = [UploadId(organisation_id, key) for key in keys]
        return [upload_id for upload_id in found if upload_id.can_be]

    async def _drop(self, upload_ids: Sequence[UploadId]) -> None:
        """Delete uploads; one that was imported stays, as its record says."""
        for upload_id in upload_ids:
            with suppress(OSError):
                await drop(self.site.database, self.site.settings, upload_id)

    def _not_here(self, message: str) -> Response:
        """The page of files that can't be imported, or not any more."""
        title = "These files are not here to be imported"
        words = f"{sentence(message)} Nothing was changed."
        links = [Link("Choose files", PATH)]
        return error_page(self.request, 404, title, words, links)


def _done(query: QueryParams, into: Into | None) -> str:
    """What a form did that led back here, in words."""
    if "discarded" in query:
        files = count(number_in(query, "discarded"), "file is", "files are")
        return f"{files} discarded. Nothing was imported."
    taken = number_in(query, "taken")
    if not taken:
        return ""
    name = f" into {into.name}" if into else ""
    return f"{count(taken, 'document is', 'documents are')} imported{name}."
