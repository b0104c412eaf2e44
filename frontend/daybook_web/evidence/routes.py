"""`/evidence/<id>`: the files of a document, a manual journal or a lock.

The page has two forms: one sends a file, and one for each file removes it. Both lead
back to the page that they came from.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.evidence.rules import FILE_BYTES_MAX
from daybook.evidence.subjects import SUBJECT_TYPES
from daybook.storage.rules import why_not_kept
from daybook.uploads.rules import QuotaReached
from daybook_graphql.evidence.ids import expect_subject
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.transport.uploading import MAY_UPLOAD
from daybook_web.evidence.downloads import attachment_file
from daybook_web.evidence.view import (
    SAVED,
    EvidencePage,
    EvidenceView,
    evidence_url,
    pager_of,
)
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forbidden import forbidden
from daybook_web.kit.formats import sentence
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.guard import caller_of, local_path
from daybook_web.kit.keeping import drop, keep
from daybook_web.kit.links import Link
from daybook_web.kit.receiving import FileForm
from daybook_web.kit.rendering import respond
from daybook_web.kit.results import Changed
from daybook_web.kit.running import InputFault, Refused
from daybook_web.kit.site import Site

logger = logging.getLogger(__name__)

PAGE_SIZE = 50
FORM_BYTES_MAX = FILE_BYTES_MAX + 2**16
"""The most bytes of a form with a file of the largest size."""
FIELDS = {"uploadId": "file", "name": "file", "description": "description"}
"""The form fields of the inputs' fields."""
TOO_LARGE = f"A file has at most {FILE_BYTES_MAX // 2**20} MiB."

Form = Mapping[str, str]


def evidence_routes(site: Site) -> list[Route]:
    """The page of evidence, its forms, and the files themselves."""

    async def page(request: Request) -> Response:
        return await _Evidence(request, site).show()

    async def attach(request: Request, form: FileForm) -> Response:
        return await _Evidence(request, site).attach(form)

    async def remove(request: Request) -> Response:
        return await _Evidence(request, site).remove(await form_of(request))

    return [
        site.guarded("/evidence/{subject_id}", page),
        site.guarded_file("/evidence/{subject_id}", attach, FORM_BYTES_MAX),
        site.guarded("/evidence/{subject_id}/remove", remove, "POST"),
        site.guarded("/attachments/{number}/{name}", attachment_file(site)),
    ]


class _Evidence:
    """One request for the evidence of a subject."""

    def __init__(self, request: Request, site: Site) -> None:
        self.request = request
        self.site = site
        self.running = site.running(request)
        self.subject_id: str = request.path_params["subject_id"]
        back = request.query_params.get("back", "")
        self.back = local_path(back) if back else ""

    async def show(
        self, problems: Sequence[Problem] = (), form: Form | None = None
    ) -> Response:
        """Show the page; after problems of a form, with what was typed into it."""
        query = self.request.query_params
        after, before = query.get("after"), query.get("before")
        page: dict[str, Any] = {"first": PAGE_SIZE, "after": after or None}
        if before and not after:
            page = {"last": PAGE_SIZE, "before": before}
        try:
            found = await self.running.run(
                EvidencePage, {"id": self.subject_id, **page}
            )
        except OperationFailed as failed:
            if not failed.codes <= {"INVALID_ID", "INVALID_CURSOR"}:
                raise
            return self._not_found()
        if found.node is None:
            return self._not_found()
        subject = expect_subject(self.subject_id, "id")
        caller, typed = caller_of(self.request), form or {}
        view = EvidenceView(
            title=f"Evidence of {found.node.heading}",
            subject=found.node,
            attachments=found.attachments,
            attach_url=evidence_url(self.subject_id, back=self.back),
            remove_url=evidence_url(self.subject_id, "/remove", back=self.back),
            back=Link("Back", self.back) if self.back else found.node.page,
            may_change=caller.may(SUBJECT_TYPES[subject.kind].permission),
            description=typed.get("description", ""),
            removing=typed.get("number", ""),
            saved=SAVED.get(query.get("saved", ""), "") if not problems else "",
            problems=problems,
            pager=pager_of(self.subject_id, found.attachments, self.back),
        )
        return respond(self.request, view, status=422 if problems else 200)

    async def attach(self, form: FileForm) -> Response:
        """Attach the file of a form."""
        file = form.file
        if form.is_too_large:
            return await self.show([Problem("file", TOO_LARGE)])
        if file is None or not file.filename:
            problem = Problem("file", "Choose a file first.")
            return await self.show([problem], form.fields)
        database, settings = self.site.database, self.site.settings
        if not any(map(caller_of(self.request).may, MAY_UPLOAD)):
            return await self._forbidden()
        try:
            upload_id = await keep(
                *(database, settings, caller_of(self.request), file),
                bytes_max=FILE_BYTES_MAX,
            )
        except QuotaReached as reached:
            return await self.show([Problem("file", str(reached))], form.fields)
        except OSError as failed:
            logger.warning("a file could not be kept: %s", failed)
            message = f"The file could not be kept: {why_not_kept(failed)}."
            problem = Problem("file", message)
            return await self.show([problem], form.fields)
        given = {
            "subjectId": self.subject_id,
            "uploadId": upload_id.key,
            "name": file.filename,
            "description": form.fields.get("description") or None,
        }
        try:
            return await self._change("AttachEvidence", given, form.fields, "attached")
        finally:
            await drop(database, settings, upload_id)

    async def remove(self, form: Form) -> Response:
        """Remove an attachment."""
        given = {
            "attachmentId": form.get("attachment", ""),
            "reason": form.get("reason", ""),
        }
        return await self._change("RemoveEvidence", given, form, "removed")

    async def _change(
        self, operation: str, given: dict[str, Any], form: Form, saved: str
    ) -> Response:
        try:
            await self.running.change(operation, given, Changed)
        except Refused as refused:
            return await self.show(_problems(refused.faults, form), form)
        except OperationFailed as failed:
            if failed.codes != {"FORBIDDEN"}:
                raise
            return await self._forbidden()
        here = evidence_url(self.subject_id, back=self.back, saved=saved)
        is_elsewhere = form.get("then") == "back" and self.back
        url = f"{self.back}#evidence" if is_elsewhere else here
        return RedirectResponse(url, status_code=303)

    def _not_found(self) -> Response:
        message = "There is no such thing, or no such page of its evidence."
        return error_page(self.request, 404, "No evidence here", message)

    async def _forbidden(self) -> Response:
        kind = expect_subject(self.subject_id, "id").kind
        back = Link("Go back to the evidence", evidence_url(self.subject_id))
        return await forbidden(self.request, SUBJECT_TYPES[kind].permission, back)


def _problems(faults: Sequence[InputFault], form: Form) -> list[Problem]:
    """The problems of a form, by its fields; each file's reason is one of its own."""
    fields = {**FIELDS, "reason": f"reason-{form.get('number', '')}"}
    return [
        Problem(fields.get(fault.field, ""), sentence(fault.message))
        for fault in faults
    ]
