"""The page of an upload: what it would bring, and the forms that take or discard it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.access.rules import Permission
from daybook.uploads.rules import UploadId
from daybook_web.importing.results import (
    Counts,
    Fault,
    Preview,
    PreviewImport,
)
from daybook_web.importing.view import (
    PATH,
    ImportPreviewView,
    Upload,
    seen_of,
)
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forbidden import forbidden
from daybook_web.kit.formats import sentence
from daybook_web.kit.forms import Problem
from daybook_web.kit.guard import caller_of
from daybook_web.kit.keeping import drop, shown_name
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Refused
from daybook_web.kit.site import Site

CHOOSE = Link("Choose a file", PATH)
CHANGED = (
    "The ledger changed since you looked, and so did what this file would bring. Look"
    " at it again below."
)
FAULTY = "The ledger changed since you looked: the file has problems now."


class UploadRequest:
    """One request for an upload, whose file's name stands in the address."""

    def __init__(self, request: Request, site: Site) -> None:
        self.request = request
        self.site = site
        self.running = site.running(request)
        name = shown_name(request.query_params.get("name", ""))
        self.upload = Upload(request.path_params["key"], name)

    async def show(self, problems: Sequence[Problem] = ()) -> Response:
        """What the upload would bring; after problems, nothing was taken."""
        if not caller_of(self.request).may(Permission.RECORD):
            return await forbidden(self.request, Permission.RECORD)
        return self._page(await self._preview(), problems)

    async def take(self, form: Mapping[str, str]) -> Response:
        """Import the upload, if it still brings what its reader saw."""
        if not caller_of(self.request).may(Permission.RECORD):
            return await forbidden(self.request, Permission.RECORD)
        expected = str((await self.running.context.mark()).audit_records)
        if form.get("expected") != expected:
            found = await self._preview()
            if form.get("seen") != seen_of(found):
                return self._page(found, [Problem("", CHANGED)])
            expected = found.audit_record
        given = {
            "uploadId": self.upload.key,
            "fileName": self.upload.name or None,
            "expectedAuditRecord": expected,
        }
        try:
            taken = await self.running.change("ImportDocuments", given, Counts)
        except Refused as refused:
            for fault in refused.faults:
                found_fault = Fault(fault.code, fault.message, fault.path, fault.line)
                if found_fault.is_of_the_upload:
                    return self._not_here(found_fault)
            is_late = refused.faults[0].code == "CONFLICT"
            return await self.show([Problem("", CHANGED if is_late else FAULTY)])
        done = {
            "taken": taken.documents,
            "journals": taken.journals,
            "name": self.upload.name,
        }
        return RedirectResponse(f"{PATH}?{urlencode(done)}", status_code=303)

    async def discard(self) -> Response:
        """Delete the upload, or say that it was taken, or that there is none."""
        caller = caller_of(self.request)
        if not caller.may(Permission.RECORD):
            return await forbidden(self.request, Permission.RECORD)
        upload_id = UploadId(caller.organisation_id, self.upload.key)
        is_there = upload_id.can_be and await drop(
            self.site.database, self.site.settings, upload_id
        )
        if not is_there:
            return self._page(await self._preview(), ())
        done = urlencode({"discarded": "yes", "name": self.upload.name})
        return RedirectResponse(f"{PATH}?{done}", status_code=303)

    async def _preview(self) -> Preview:
        given: dict[str, Any] = {"uploadId": self.upload.key, "dryRun": True}
        found = await self.running.run(PreviewImport, {"input": given})
        return found.import_documents

    def _page(self, found: Preview, problems: Sequence[Problem]) -> Response:
        for fault in found.user_errors:
            if fault.is_of_the_upload:
                return self._not_here(fault)
        view = ImportPreviewView.of(
            found,
            self.upload,
            self.site.settings.import_bytes_max,
            self.request.query_params,
            problems,
        )
        return respond(self.request, view, status=422 if problems else 200)

    def _not_here(self, fault: Fault) -> Response:
        """The page of an upload that can't be taken, or not now."""
        message = f"{sentence(fault.message)} Nothing was changed."
        if fault.code == "IN_USE":
            again = Link("Look again", str(self.request.url))
            title = "This file is being taken"
            return error_page(self.request, 409, title, message, [again])
        is_taken = fault.code == "UPLOAD_SPENT"
        title = "This file was taken already" if is_taken else "This file is not here"
        links = [CHOOSE, Link("Overview", "/close")]
        return error_page(self.request, 404, title, message, links)
