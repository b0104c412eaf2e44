"""The form of a manual journal: `/manual-journals/new` and `/…/<number>/edit`.

Every button sends all that is typed. A refused form shows it again with what is wrong.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.access.rules import Permission
from daybook.adjustments.rules import LINES_MAX, label
from daybook.calendar import date_of
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.ids import encode
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forbidden import forbidden
from daybook_web.kit.forms import Problem, form_of, number_in
from daybook_web.kit.guard import Handler, caller_of
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import respond, wants_fragment
from daybook_web.kit.running import InputFault, Refused, Running, refused_by_schema
from daybook_web.kit.site import Site
from daybook_web.kit.times import moment
from daybook_web.manual_journals.entry import Entry
from daybook_web.manual_journals.figures_view import FiguresView, Shown
from daybook_web.manual_journals.form_results import (
    FormLedger,
    Handle,
    Handled,
    ManualJournalForm,
    Preview,
    PreviewManualJournal,
)
from daybook_web.manual_journals.form_view import FormView, layout_of
from daybook_web.manual_journals.line_buttons import EDITS
from daybook_web.manual_journals.query import PATH
from daybook_web.manual_journals.reading import (
    Reading,
    journal_id,
    read_entry,
    readable,
    together,
)
from daybook_web.manual_journals.starting import new_entry, saved_entry

FIELDS_MAX = 6 * LINES_MAX + 20
"""Of a form: six fields of each line, and those of the whole."""
KEY_MAX = 100
TO_LIST = Link("Go to the manual journals", PATH)
EDITABLE = {"DRAFT", "REJECTED"}
"""The states in which a manual journal has a form."""
KEY_USED = "KEY_USED"
"""The code of a form's key that saved something else."""
UNKNOWN = "NOT_FOUND"
"""The code of a name that nothing has."""
SEEN_OTHERWISE = "CONFLICT"
"""The code of a version that somebody replaced meanwhile."""

Form = Mapping[str, str]


def manual_journal_form(site: Site) -> Handler:
    """Shows the form, and answers each of its buttons."""

    async def handle(request: Request) -> Response:
        if not caller_of(request).may(Permission.ADJUST):
            return await forbidden(request, Permission.ADJUST, TO_LIST)
        number = request.path_params.get("number")
        page = _Page(request, site.running(request), number)
        try:
            return await (page.answer() if request.method == "POST" else page.begin())
        except Missing as missing:
            return error_page(request, 404, "Not found", str(missing), [TO_LIST])

    return handle


class Missing(Exception):
    """There is no such ledger or manual journal; the message says which."""


@dataclass(slots=True)
class _Page:
    """One request for the form; `number` is None for a new manual journal."""

    request: Request
    running: Running
    number: int | None

    async def begin(self) -> Response:
        """The form of a draft, or a new one."""
        query = self.request.query_params
        asked = Entry(ledger=query.get("ledger", ""), adjusts=query.get("adjusts", ""))
        found = await self._load(asked)
        if found.manual_journal is not None:
            return await self._begin_saved(found)
        ledger = self._ledger(found, asked.ledger)
        today = await self.running.context.today()
        entry = new_entry(ledger, date_of(today), found.adjusted, query.get("mode", ""))
        if asked.adjusts and found.adjusted is None:
            entry = replace(entry, adjusts=asked.adjusts)
        return await self._show(found, entry)

    async def _begin_saved(self, found: ManualJournalForm) -> Response:
        saved = found.manual_journal
        assert saved is not None, "it was asked for"
        if saved.status not in EDITABLE:
            return RedirectResponse(f"{PATH}/{saved.number}", status_code=303)
        entry = saved_entry(saved, self._ledger(found, saved.ledger.currency))
        if entry.adjusts:
            found = await self._load(entry)
        notice = "Saved." if "saved" in self.request.query_params else ""
        return await self._show(found, entry, notice=notice)

    async def answer(self) -> Response:
        """What a button leads to."""
        form = await form_of(self.request, FIELDS_MAX)
        entry = Entry.of(form)
        do, _, argument = form.get("do", "").partition(" ")
        if do in {"save", "submit", "attach"}:
            return await self._save(form, entry, do)
        if do == "discard" and self.number is not None:
            return await self._discard(form, entry)
        if do in EDITS:
            entry, focus = EDITS[do](entry, argument)
            return await self._show(await self._load(entry), entry, form, focus=focus)
        return await self._update(form, entry)

    async def _update(self, form: Form, entry: Entry) -> Response:
        """The figures alone, or the whole form if it has other fields now."""
        found = await self._load(entry)
        if not wants_fragment(self.request):
            return await self._show(found, entry, form)
        shown = await self._shown(found, entry, form)
        if form.get("layout") == layout_of(entry):
            return respond(self.request, FiguresView.of(shown))
        whole = {"HX-Retarget": "#manual-journal", "HX-Reswap": "outerHTML"}
        return respond(self.request, FormView.of(shown), headers=whole)

    async def _save(self, form: Form, entry: Entry, do: str) -> Response:
        """Save what is typed; then submit it, or go to where files are attached."""
        reading = read_entry(entry)
        if reading.variables is None:
            problems = await self._with_further(entry, reading.problems, do)
            return await self._refuse(form, entry, problems)
        try:
            saved = await self._saved(form, reading.variables)
        except Refused as refused:
            return await self._refuse_save(form, entry, reading, refused, do)
        address = f"{PATH}/{saved.number}"
        if saved.status not in EDITABLE:
            # The form was sent twice, and this is the second time.
            return RedirectResponse(address, status_code=303)
        if do != "submit":
            further = "#evidence" if do == "attach" else "/edit?saved=yes"
            return RedirectResponse(f"{address}{further}", status_code=303)
        self.number = saved.number
        try:
            done = await self._change("SubmitManualJournal", saved.id, saved.version)
        except Refused as refused:
            notice = f"{label(saved.number)} is saved as a draft, and not submitted."
            problems = _problems(reading, refused.faults)
            return await self._refuse(form, entry, problems, notice)
        word = "submitted" if done.status == "SUBMITTED" else "posted"
        return RedirectResponse(f"{address}?done={word}", status_code=303)

    async def _saved(self, form: Form, variables: Mapping[str, Any]) -> Handle:
        journal = dict(variables)
        own: dict[str, Any] = {"idempotencyKey": form.get("key", "")[:KEY_MAX] or None}
        if self.number is not None:
            own = {"id": self._id, "version": number_in(form, "version")}
        made = await self.running.change(
            "SaveManualJournal", {**own, "journal": journal}, Handled
        )
        return made.manual_journal

    async def _discard(self, form: Form, entry: Entry) -> Response:
        try:
            await self._change(
                "DiscardManualJournal", self._id, number_in(form, "version")
            )
        except Refused as refused:
            return await self._refuse_save(form, entry, read_entry(entry), refused)
        return RedirectResponse(f"{PATH}/{self.number}?done=discarded", status_code=303)

    async def _change(self, operation: str, identity: str, version: int) -> Handle:
        variables = {"id": identity, "version": version}
        done = await self.running.change(operation, variables, Handled)
        return done.manual_journal

    async def _refuse_save(
        self,
        form: Form,
        entry: Entry,
        reading: Reading,
        refused: Refused,
        do: str = "",
    ) -> Response:
        """The form again; where somebody saved meanwhile, it says who and when."""
        codes = {fault.code for fault in refused.faults}
        if KEY_USED in codes:
            # The form was sent before with something else: it gets a key of its own.
            form = {**form, "key": ""}
        if SEEN_OTHERWISE not in codes or self.number is None:
            problems = _problems(reading, refused.faults)
            if do:
                problems = await self._with_further(entry, problems, do)
            return await self._refuse(form, entry, problems)
        found = await self._load(entry)
        assert found.manual_journal is not None, "it has versions"
        last = found.manual_journal.steps[-1]
        problem = Problem(
            "",
            Markup(
                "{by} changed it on {at}: version {version} is in force. What you typed"
                " stands below, and is not saved. Save it again to replace theirs."
            ).format(
                by=last.by or "Somebody", at=moment(last.at), version=last.version
            ),
        )
        return await self._show(found, entry, form, problems=[problem])

    async def _with_further(
        self, entry: Entry, problems: Sequence[Problem], do: str
    ) -> list[Problem]:
        """Problems with those of the other fields, so that all are told at once.

        A draft may be incomplete: of what is only saved, names alone are checked.
        """
        today = date_of(await self.running.context.today()).isoformat()
        ledger = self._ledger(await self._load(entry), entry.ledger).currency
        rest = readable(replace(entry, ledger=ledger), problems, today)
        reading = read_entry(rest)
        faults = await self._faults(reading) if reading.variables else []
        further = [
            Problem(reading.field_of(fault.path), fault.message)
            for fault in faults
            if do == "submit" or fault.code == UNKNOWN
        ]
        known = {problem.field for problem in problems if problem.field}
        is_whole = rest.lines == entry.lines  # else their sums say nothing
        more = [
            problem
            for problem in further
            if problem.field not in known and (problem.field or is_whole)
        ]
        return [*problems, *(problem for problem in more if problem not in problems)]

    async def _refuse(
        self, form: Form, entry: Entry, problems: Sequence[Problem], notice: str = ""
    ) -> Response:
        found = await self._load(entry)
        return await self._show(found, entry, form, problems=problems, notice=notice)

    async def _show(  # noqa: PLR0913  (keyword-only, each a part of the page)
        self,
        found: ManualJournalForm,
        entry: Entry,
        form: Form | None = None,
        *,
        problems: Sequence[Problem] = (),
        notice: str = "",
        focus: str = "",
    ) -> Response:
        shown = await self._shown(found, entry, form or {})
        shown = replace(shown, problems=together(problems), notice=notice, focus=focus)
        status = 422 if problems else 200
        return respond(self.request, FormView.of(shown), status=status)

    async def _shown(self, found: ManualJournalForm, entry: Entry, form: Form) -> Shown:
        """The form with what it would do, or what is missing for that."""
        ledger = self._ledger(found, entry.ledger)
        entry = replace(entry, ledger=ledger.currency)
        preview, missing = await self._preview(read_entry(entry))
        key = form.get("key", "")[:KEY_MAX] or secrets.token_urlsafe(16)
        return Shown(found, ledger, entry, key, preview, missing)

    async def _preview(self, reading: Reading) -> tuple[Preview | None, list[str]]:
        if reading.variables is None:
            return None, [problem.message for problem in reading.problems]
        try:
            preview = await self._previewed(reading)
        except Refused as refused:
            return None, [fault.message for fault in refused.faults]
        return preview, [error.message for error in preview.user_errors]

    async def _faults(self, reading: Reading) -> list[InputFault]:
        """What stands against posting what was read."""
        try:
            preview = await self._previewed(reading)
        except Refused as refused:
            return list(refused.faults)
        return [
            InputFault("", error.code, error.message, tuple(error.path or ()))
            for error in preview.user_errors
        ]

    async def _previewed(self, reading: Reading) -> Preview:
        """What a journal would be; raises Refused for what the schema doesn't take."""
        variables = {"input": reading.variables}
        try:
            found = await self.running.run(PreviewManualJournal, variables)
        except OperationFailed as failed:
            raise refused_by_schema(failed) from failed
        return found.manual_journal_preview

    @property
    def _id(self) -> str:
        assert self.number is not None, "a new one has none"
        return encode(ManualJournalId(self.number))

    async def _load(self, entry: Entry) -> ManualJournalForm:
        """What the form offers, with its draft and the journal that is adjusted."""
        adjusts_id = journal_id(entry) if entry.adjusts else None
        variables: dict[str, Any] = {}
        if self.number is not None:
            variables = {"number": self.number, "isSaved": True}
        if adjusts_id is not None:
            variables |= {"adjustsId": adjusts_id, "adjusts": True}
        found = await self.running.run(ManualJournalForm, variables)
        if self.number is not None and found.manual_journal is None:
            raise Missing(f"There is no manual journal {label(self.number)}.")
        return found

    def _ledger(self, found: ManualJournalForm, currency: str) -> FormLedger:
        """The ledger of a currency; the first one for an empty text."""
        if not found.ledgers:
            raise Missing("There is no ledger yet: a first document opens it.")
        for ledger in found.ledgers:
            if ledger.currency == (currency or found.ledgers[0].currency):
                return ledger
        raise Missing("There is no ledger in that currency.")


def _problems(reading: Reading, faults: Sequence[InputFault]) -> list[Problem]:
    return [Problem(reading.field_of(fault.path), fault.message) for fault in faults]
