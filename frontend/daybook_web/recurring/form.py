"""The form of a recurring manual journal, a new one or one to edit.

Every button sends all that is typed. A refused form shows it again with what is wrong.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from daybook.access.rules import Permission
from daybook.adjustments.recurring.rules import label
from daybook.calendar import parse_day
from daybook_graphql.kit.ids import encode
from daybook_graphql.recurring.ids import RecurrenceId
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forbidden import forbidden
from daybook_web.kit.forms import Problem, form_of, number_in
from daybook_web.kit.guard import Handler, caller_of
from daybook_web.kit.rendering import respond, wants_fragment
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.site import Site
from daybook_web.manual_journals.entry import Entry
from daybook_web.manual_journals.form import FIELDS_MAX, KEY_MAX
from daybook_web.manual_journals.form_results import FormLedger
from daybook_web.manual_journals.line_buttons import EDITS
from daybook_web.manual_journals.reading import together
from daybook_web.recurring.entry import (
    RecurrenceEntry,
    copied_entry,
    new_recurrence_entry,
    read_recurrence,
    saved_recurrence_entry,
)
from daybook_web.recurring.form_view import (
    RecurrenceFiguresView,
    RecurrenceFormView,
    Shown,
)
from daybook_web.recurring.recurrence import STATES, TO_LIST, page_after
from daybook_web.recurring.results import (
    RecurrenceHandle,
    RecurrenceHandled,
    RecurringManualJournalForm,
)
from daybook_web.recurring.words import PATH

EDITABLE = {"DRAFT", "REJECTED", "ACTIVE"}
"""The states in which a recurring manual journal has a form."""

Form = Mapping[str, str]


def recurrence_form(site: Site) -> Handler:
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
    """There is no such ledger or journal; the message says which."""


@dataclass(slots=True)
class _Page:
    """One request for the form; `number` is None for a new recurring journal."""

    request: Request
    running: Running
    number: int | None

    async def begin(self) -> Response:
        """The form of a saved one, of a new one, or of a journal that is repeated."""
        query = self.request.query_params
        copied = number_in(query, "from")
        found = await self._load(copied)
        saved, journal = found.recurring_manual_journal, found.manual_journal
        if saved is not None:
            if saved.status not in EDITABLE:
                return RedirectResponse(f"{PATH}/{saved.number}", status_code=303)
            ledger = self._ledger(found, saved.ledger.currency)
            return await self._show(found, saved_recurrence_entry(saved, ledger))
        if journal is not None:
            ledger = self._ledger(found, journal.ledger.currency)
            return await self._show(found, copied_entry(journal, ledger))
        ledger = self._ledger(found, query.get("ledger", ""))
        today = await self.running.context.today()
        return await self._show(found, new_recurrence_entry(ledger, today))

    async def answer(self) -> Response:
        """What a button leads to."""
        form = await form_of(self.request, FIELDS_MAX)
        entry = RecurrenceEntry.of(form)
        do, _, argument = form.get("do", "").partition(" ")
        if do == "repeat":
            return await self._repeat(Entry.of(form))
        if do in {"save", "submit"}:
            return await self._save(form, entry, submits=do == "submit")
        found, focus = await self._load(), ""
        if do in EDITS:
            journal, focus = EDITS[do](entry.journal, argument)
            entry = replace(entry, journal=journal)
        elif wants_fragment(self.request):
            shown = Shown(found, self._ledger(found, entry.journal.ledger), entry, "")
            return respond(self.request, RecurrenceFiguresView.of(shown))
        return await self._show(found, entry, form, focus=focus)

    async def _repeat(self, journal: Entry) -> Response:
        """The form with what was typed into that of a manual journal."""
        found = await self._load()
        try:
            day = parse_day(journal.date)
        except ValueError:
            day = await self.running.context.today()
        return await self._show(found, RecurrenceEntry.repeating(journal, day))

    async def _save(
        self, form: Form, entry: RecurrenceEntry, *, submits: bool
    ) -> Response:
        """Save what is typed, and submit it if that was asked for."""
        reading = read_recurrence(entry)
        if reading.variables is None:
            return await self._refuse(form, entry, reading.problems)
        try:
            saved = await self._saved(form, reading.variables)
            self.number = saved.number
            done, made = "saved", tuple[int, ...]()
            if submits and saved.status in {"DRAFT", "REJECTED"}:
                variables = {"id": saved.id, "version": saved.version}
                changed = await self.running.change(
                    "SubmitRecurringManualJournal", variables, RecurrenceHandled
                )
                done = STATES[changed.recurring_manual_journal.status]
                made = changed.made
        except Refused as refused:
            problems = [
                Problem(reading.field_of(fault.path), fault.message)
                for fault in refused.faults
            ]
            return await self._refuse(form, entry, problems)
        url = page_after(saved.number, done, made)
        return RedirectResponse(url, status_code=303)

    async def _saved(
        self, form: Form, recurrence: Mapping[str, Any]
    ) -> RecurrenceHandle:
        own: dict[str, Any] = {"idempotencyKey": form.get("key", "")[:KEY_MAX] or None}
        if self.number is not None:
            identity = encode(RecurrenceId(self.number))
            own = {"id": identity, "version": number_in(form, "version")}
        made = await self.running.change(
            "SaveRecurringManualJournal",
            {**own, "recurrence": dict(recurrence)},
            RecurrenceHandled,
        )
        return made.recurring_manual_journal

    async def _refuse(
        self, form: Form, entry: RecurrenceEntry, problems: Sequence[Problem]
    ) -> Response:
        found = await self._load()
        return await self._show(found, entry, form, problems=together(problems))

    async def _show(
        self,
        found: RecurringManualJournalForm,
        entry: RecurrenceEntry,
        form: Form | None = None,
        *,
        problems: Sequence[Problem] = (),
        focus: str = "",
    ) -> Response:
        ledger = self._ledger(found, entry.journal.ledger)
        entry = replace(entry, journal=replace(entry.journal, ledger=ledger.currency))
        key = (form or {}).get("key", "")[:KEY_MAX] or secrets.token_urlsafe(16)
        shown = Shown(found, ledger, entry, key, problems, focus)
        status = 422 if problems else 200
        return respond(self.request, RecurrenceFormView.of(shown), status=status)

    async def _load(self, copied: int = 0) -> RecurringManualJournalForm:
        """What the form offers, with what it begins with."""
        variables: dict[str, Any] = {}
        if self.number is not None:
            variables = {"number": self.number, "isSaved": True}
        elif copied:
            variables = {"copied": copied, "isCopied": True}
        found = await self.running.run(RecurringManualJournalForm, variables)
        if self.number is not None and found.recurring_manual_journal is None:
            message = f"There is no recurring manual journal {label(self.number)}."
            raise Missing(message)
        if copied and found.manual_journal is None and self.number is None:
            raise Missing(f"There is no manual journal MJ-{copied}.")
        return found

    def _ledger(self, found: RecurringManualJournalForm, currency: str) -> FormLedger:
        """The ledger of a currency; the first one for an empty text."""
        if not found.ledgers:
            raise Missing("There is no ledger yet: a first document opens it.")
        for ledger in found.ledgers:
            if ledger.currency == (currency or found.ledgers[0].currency):
                return ledger
        raise Missing("There is no ledger in that currency.")
