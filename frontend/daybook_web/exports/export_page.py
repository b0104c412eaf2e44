"""`/exports/<number>` and `/exports/files/<number>`: an export, or a command's file.

Each has its totals and its checksum, what it was made of, and whether it is posted,
with the forms that mark it as posted and undo that.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.exports.ids import ExportJobId, ExportRecordId
from daybook_graphql.kit.ids import encode
from daybook_web.exports.acting import act_on_export
from daybook_web.exports.export_results import ExportFilePage, ExportPage
from daybook_web.exports.export_view import (
    CANCELLED,
    POSTED,
    UNDONE,
    ExportView,
    PostingForm,
)
from daybook_web.exports.list_page import TO_LIST
from daybook_web.exports.list_query import PATH
from daybook_web.exports.words import month_of_days
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.guard import Handler
from daybook_web.kit.rendering import respond
from daybook_web.kit.results import Changed
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.site import Site
from daybook_web.kit.where import note_where

FIELDS = {"reference": "reference", "postedOn": "posted_on", "reason": "reason"}
"""The forms' fields by those of the inputs; other problems are of no field."""
RETRIED = "retried"
UNCONFIRMED = "UNCONFIRMED"

Form = Mapping[str, str]


def export_page(site: Site) -> Handler:
    """The page of an export."""

    async def handle(request: Request) -> Response:
        page = _Page(request, site.running(request), is_of_job=True)
        return await (page.act() if request.method == "POST" else page.show())

    return handle


def export_file_page(site: Site) -> Handler:
    """The page of a file's record."""

    async def handle(request: Request) -> Response:
        page = _Page(request, site.running(request), is_of_job=False)
        return await (page.act() if request.method == "POST" else page.show())

    return handle


@dataclass(slots=True)
class _Page:
    """One request for an export, or for a record."""

    request: Request
    running: Running
    is_of_job: bool

    async def show(self, form: PostingForm | None = None) -> Response:
        """The page; after a refused form, with what was typed."""
        form = form or PostingForm.of({})
        load = self._of_job if self.is_of_job else self._of_record
        try:
            view = await load(form)
        except OperationFailed as failed:
            if failed.codes != {"INVALID_ID"}:
                raise
            view = None
        if view is None:
            message = "There is no such export, or it is of another organisation."
            return error_page(self.request, 404, "Export not found", message, [TO_LIST])
        return respond(self.request, view, status=422 if form.problems else 200)

    async def act(self) -> Response:
        """Do what a form asks for and show the page again, or what is wrong."""
        form = await form_of(self.request)
        try:
            done = await self._done(form)
        except Refused as refused:
            problems = [
                Problem(FIELDS.get(fault.field, ""), fault.message)
                for fault in refused.faults
            ]
            asks = any(fault.code == UNCONFIRMED for fault in refused.faults)
            typed = PostingForm.of(form, problems, asks_to_confirm=asks)
            return await self.show(typed)
        if not done:
            message = "The form was incomplete. Go back and send it again."
            title = "Nothing was changed"
            return error_page(self.request, 400, title, message, [TO_LIST])
        if done == RETRIED:  # the new export stands first in the list
            return RedirectResponse(f"{PATH}#exports", status_code=303)
        here = self.request.url.path
        return RedirectResponse(f"{here}?done={done}", status_code=303)

    async def _done(self, form: Form) -> str:
        """What was done, by its name in addresses; empty for an unknown form."""
        record = {"recordId": form.get("record", "")}
        match form.get("do"):
            case "post":
                mark = {
                    **record,
                    "reference": form.get("reference", ""),
                    "postedOn": form.get("posted_on", "").strip() or None,
                    "confirmDoubled": form.get("confirm_doubled") == "yes",
                }
                await self.running.change("MarkExportPosted", mark, Changed)
                return POSTED
            case "undo":
                undo = {**record, "reason": form.get("reason", "")}
                await self.running.change("UndoExportPosting", undo, Changed)
                return UNDONE
        if not await act_on_export(self.running, form):
            return ""
        return CANCELLED if form.get("cancel") else RETRIED

    async def _of_job(self, form: PostingForm) -> ExportView | None:
        id_ = encode(ExportJobId(self.request.path_params["number"]))
        job = (await self.running.run(ExportPage, {"id": id_})).export_job
        if job is None:
            return None
        note_where(self.request, job.currency, month_of_days(job.filters))
        return ExportView.of_job(job, form, key=_new_key(), done=self._done_before())

    async def _of_record(self, form: PostingForm) -> ExportView | None:
        id_ = encode(ExportRecordId(self.request.path_params["number"]))
        record = (await self.running.run(ExportFilePage, {"id": id_})).node
        if record is None:
            return None
        note_where(self.request, record.currency, month_of_days(record.filters))
        return ExportView.of_record(
            record, form, key=_new_key(), done=self._done_before()
        )

    def _done_before(self) -> str:
        """What the address says was just done."""
        return self.request.query_params.get("done", "")


def _new_key() -> str:
    """The key of a page's forms."""
    return secrets.token_urlsafe(16)
