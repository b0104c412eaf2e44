"""The steps of a month's close: what each has come to, and the page where it is done.

What is to be done has a button for those who may do it, and a link for others.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from daybook.calendar import (
    Month,
    day_of,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
    parse_month,
)
from daybook.numbers import agreeing
from daybook.reports.trail.of_mapping import SYSTEMS
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.kit.ids import expect
from daybook_graphql.parties.ids import ProductId
from daybook_web.closing.cards import LAST_STEPS
from daybook_web.closing.months import month_words
from daybook_web.closing.results import (
    CheckedDocument,
    CheckedManual,
    CheckedRecurrence,
    CloseCheck,
    CloseCheckRow,
    ClosePage,
    CloseStep,
)
from daybook_web.kit.formats import count, sentence
from daybook_web.kit.links import Link, document_url
from daybook_web.kit.usual_format import usual_format
from daybook_web.kit.where import Where
from daybook_web.reports.frame import document_words

RECORD, CLOSE, EXPORT, ANYBODY = "RECORD", "CLOSE", "EXPORT", ""
"""The permissions that steps need; `ANYBODY` may look at what waits."""
IMPORT = "/documents/import"
WAITS = "waits", "wait"
STATES = {
    "done": "Done",
    "due": "To do",
    "later": "Not yet",
    "not-needed": "Not needed",
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step with the page where it is done.

    `style` is one of `STATES`, and `state` its word. What is due has a `button`, for
    those with the permission that it `needs`.
    """

    number: int
    title: str
    state: str
    style: str
    words: str
    link: Link
    button: Link | None
    needs: str


def step_rows(
    found: ClosePage, steps: Sequence[CloseStep], currency: str, month: Month
) -> list[StepRow]:
    """The steps of a ledger's month, in order."""
    due = {step.kind for step in steps if step.is_due}
    makers = _Steps(found, currency, month)
    rows = []
    for number, step in enumerate(steps, start=1):
        style = step.state.lower().replace("_", "-")
        if step.is_due and _is_later(step, due):
            style = "later"
        needs, button = makers.button(step)
        link = makers.link(step.kind)
        if step.kind == "IMPORTS" and step.count:
            link = makers.failed_link()
        if step.kind == "PRODUCT_METHODS" and step.count and step.state == "DONE":
            link = makers.others_link(step)
        rows.append(
            StepRow(
                number=number,
                title=makers.title(step),
                state=STATES.get(style, step.state),
                style=style,
                words=makers.words(step),
                link=link,
                button=button if step.is_due else None,
                needs=needs,
            )
        )
    return rows


def _is_later(step: CloseStep, due: Collection[str]) -> bool:
    """Whether a step that is due comes after others that are; differences don't."""
    has_differences = step.kind == "TIE_OUT" and bool(step.count)
    before = set(due) - set(LAST_STEPS)
    if step.kind == "TIE_OUT":
        before = set(due) - {step.kind}
    return step.kind in LAST_STEPS and bool(before) and not has_differences


class _Steps:
    """Titles, words and pages of the steps of one ledger's month."""

    def __init__(self, found: ClosePage, currency: str, month: Month) -> None:
        self.found = found
        self.month = month_words(month)
        self.where = Where(currency, month_text(month))
        self.of_month = urlencode({"currency": currency, "month": self.where.month})
        end = {"currency": currency, "on": day_text(last_day_of(month))}
        self.tie_out_url = f"/reports/tie-out?{urlencode(end)}"
        self.balances_url = balances_address(currency, month)
        self.export_url = export_link(found, currency, month).url
        posted = found.posted.nodes if found.posted else ()
        self.posts_first = bool(posted) and any(
            step.kind == "EXPORT" and step.is_due for step in found.steps_of(currency)
        )
        waiting = found.waiting
        self.waiting = 0 if waiting is None else waiting.total_count
        self.waiting += sum(its.waits_for_reader for its in self._recurring())

    def title(self, step: CloseStep) -> str:
        """What the step has come to."""
        failed = count(step.count, "file", "files")
        failed = f", {failed} not imported" if step.count else ""
        others = ""
        if step.count:
            keep = agreeing(step.count, "keeps", "keep")
            others = f", {self._others_words(step.count)} {keep} another"
        mapped = "Every account is mapped"
        if step.count:
            accounts = count(step.count, "account", "accounts")
            mapped = f"All entries are posted, {accounts} not mapped"
        done = {
            "IMPORTS": f"Documents are in{failed}",
            "PRODUCT_METHODS": f"Every product has a method{others}",
            "MAPPING": mapped,
            "MANUAL_JOURNALS": "No manual journal waits",
            "LOCK": f"{self.month} is locked",
            "EXPORT": "Exported and posted",
            "TIE_OUT": "Everything ties",
        }
        not_needed = {
            "PRODUCT_METHODS": "Methods of products",
            "MAPPING": "Mapping to accounting systems",
            "LOCK": "Lock",
            "EXPORT": "Nothing to export",
        }
        titles = {
            "DONE": done,
            "NOT_NEEDED": not_needed,
            "DUE": {step.kind: self._due_title(step)},
        }
        return titles.get(step.state, {}).get(step.kind, step.kind)

    def _due_title(self, step: CloseStep) -> str:
        """What is to be done for it."""
        number = step.count
        imports, tie_out = "Documents may be missing", "No balance is entered"
        if number:
            imports = f"{count(number, 'import', 'imports')} failed"
            tie_out = f"{count(number, 'difference', 'differences')} to explain"
        return {
            "IMPORTS": imports,
            "PRODUCT_METHODS": f"{_have(number, 'product', 'products')} no method",
            "MAPPING": f"{_are(number, 'account', 'accounts')} not mapped",
            "MANUAL_JOURNALS": self._waiting_title(number),
            "TIE_OUT": tie_out,
            "LOCK": f"Lock {self.month}",
            "EXPORT": "Posted twice" if step.doubled_file else "Export and post",
        }.get(step.kind, step.kind)

    def _waiting_title(self, number: int) -> str:
        """How many manual journals wait, how many for the reader, and recurring ones.

        All are counted alike, as the navigation counts what waits for the reader.
        """
        recurring = len(self._recurring())
        if recurring >= number:
            journals = count(number, "recurring journal", "recurring journals")
        else:
            journals = count(number, "manual journal", "manual journals")
        words = f"{journals} {agreeing(number, *WAITS)}"
        if self.waiting >= number:
            words = f"{words} for you"
        elif self.waiting:
            wait = agreeing(self.waiting, *WAITS)
            words = f"{self.waiting} of {journals} {wait} for you"
        if 0 < recurring < number:
            words = f"{words}, {recurring} of them recurring"
        return words

    def words(self, step: CloseStep) -> str:
        """What is the case; of a lock, also what it would close."""
        words = sentence(step.words)
        ledger = self.found.ledger
        if step.kind == "TIE_OUT" and self._waits_for_file(step):
            return (
                f"Post the file of {self.month} first: balances are compared with what"
                " is posted."
            )
        if step.kind != "LOCK" or not step.is_due or ledger is None:
            return words
        change = ledger.lock_change
        if change.effect != "CLOSES" or not change.journal_count:
            return words
        return f"Closes {count(change.journal_count, 'journal', 'journals')}. {words}"

    def link(self, kind: str) -> Link:
        """The page of a step, for everybody."""
        waiting = self._of_here("/manual-journals")
        return {
            "IMPORTS": Link("Documents", f"/documents?{self.of_month}"),
            "PRODUCT_METHODS": Link("Products", f"/settings?{self.of_month}"),
            "MAPPING": Link("Mapping", f"/settings/integrations?{self.of_month}"),
            "MANUAL_JOURNALS": Link("Manual journals", waiting),
            "TIE_OUT": Link("Tie-out", self.tie_out_url),
            "LOCK": Link("Lock", f"/close/lock?{self.of_month}"),
            "EXPORT": Link("Export", self.export_url),
        }.get(kind, Link("Journals", f"/journals?{self.of_month}"))

    def others_link(self, step: CloseStep) -> Link:
        """The document that keeps another method, or the check that names them."""
        words, documents = self._others_words(step.count), self._others()
        if step.count == 1 and documents:
            return Link(words, self.where.carried_to(document_url(documents[0].id)))
        return Link(words, "#check-other_product_method")

    def _others_words(self, number: int) -> str:
        """The only document that keeps another method, or how many there are."""
        documents = self._others()
        if number == 1 and documents:
            return document_words(documents[0])
        return count(number, "document", "documents")

    def _others(self) -> list[CheckedDocument]:
        """The first documents that keep another method than their product's."""
        found = [its for its in self._checks() if its.kind == "OTHER_PRODUCT_METHOD"]
        return [row.document for check in found for row in check.rows if row.document]

    def failed_link(self) -> Link:
        """The imports that failed, of which each leads to importing the file again."""
        url = self._of_here("/activity?kind=IMPORT&failed=yes")
        return Link("Failed imports", url)

    def button(self, step: CloseStep) -> tuple[str, Link | None]:
        """The permission to do a step, and where its button leads, if it has one."""
        number, url = step.count, self.link(step.kind).url
        imports = Link("Choose a file", self._of_here(IMPORT))
        waiting = Link(f"See {number}", self._waiting_url(number))
        tie_out = CLOSE, Link("Enter balances", self.balances_url)
        if step.kind == "IMPORTS" and number:
            imports = Link(f"See {number} failed", self.failed_link().url)
        if step.kind == "TIE_OUT" and self._waits_for_file(step):
            tie_out = EXPORT, Link("Post the file first", self.export_url)
        if step.kind == "TIE_OUT" and number:
            words = count(number, "difference", "differences")
            tie_out = ANYBODY, Link(f"See {words}", url)
        if self.waiting:
            waiting = Link(f"Review {self.waiting}", self._review_url())
        methods = f"Set {count(number, 'method', 'methods')}"
        return {
            "IMPORTS": (RECORD, imports),
            "PRODUCT_METHODS": (CLOSE, Link(methods, self._methods_url())),
            "MAPPING": (CLOSE, self._map_link(step)),
            "MANUAL_JOURNALS": (ANYBODY, waiting),
            "TIE_OUT": tie_out,
            "LOCK": (CLOSE, Link("Preview", url)),
            "EXPORT": self._export_button(step),
        }.get(step.kind, (ANYBODY, None))

    def _map_link(self, step: CloseStep) -> Link:
        """The form of a mapping, filled in with the first account that isn't mapped."""
        words = f"Map {count(step.count, 'account', 'accounts')}"
        given = {"currency": self.where.currency, "month": self.where.month}
        for gap in step.mapping_gaps[:1]:
            given |= {"system": gap.integration, "role": gap.role}
            if gap.product_id is not None:
                product = expect(gap.product_id, ProductId, "productId")
                given["product"] = product.external_id
        return Link(words, f"/settings/integrations?{urlencode(given)}#mapping-heading")

    def _export_button(self, step: CloseStep) -> tuple[str, Link]:
        """The page of a file to post or to undo, else the preflight."""
        file = step.doubled_file or step.ready_file
        if file is None:
            return EXPORT, Link("Preflight", self.export_url)
        what = "See" if step.doubled_file else "Post"
        page = f"/exports/files/{file.number}"
        if file.job_id is not None:
            page = f"/exports/{expect(file.job_id, ExportJobId, 'jobId').number}"
        return CLOSE, Link(f"{what} file {file.number}", self._of_here(page))

    def _methods_url(self) -> str:
        """The products, with those named that the month's invoices have."""
        ids = {
            row.product.external_id: None
            for check in self._checks()
            if check.kind == "NO_PRODUCT_METHOD"
            for row in check.rows
            if row.product
        }
        named = urlencode([("product", its) for its in ids])
        named = f"&{named}" if named else ""
        return f"/settings?{self.of_month}{named}#products-heading"

    def _waits_for_file(self, step: CloseStep) -> bool:
        """Whether balances would be compared with files that lack the month."""
        return step.is_due and not step.count and self.posts_first

    def _waiting_url(self, number: int) -> str:
        """The only manual journal that waits, or the list of those that do."""
        recurring, journals = self._recurring(), self._journals_of_month()
        if len(recurring) == number == 1:
            return self._of_here(f"/manual-journals/recurring/{recurring[0].number}")
        if len(journals) == number == 1:
            return self._of_here(f"/manual-journals/{journals[0].number}")
        statuses = {journal.status for journal in journals}
        if len(statuses) == 1 and len(journals) == number:
            return self._list_url(status=statuses.pop())
        return self._list_url(waiting="all")

    def _list_url(self, **which: str) -> str:
        """The list of the ledger's manual journals of the month, and recurring ones."""
        month = parse_month(self.where.month)
        of_month = {
            **which,
            "ledger": self.where.currency,
            "from": day_text(first_day_of(month)),
            "to": day_text(last_day_of(month)),
        }
        return self._of_here(f"/manual-journals?{urlencode(of_month)}")

    def _recurring(self) -> list[CheckedRecurrence]:
        """The first recurring journals that wait."""
        found = [row.recurring_manual_journal for row in self._waiting_rows()]
        return [recurrence for recurrence in found if recurrence]

    def _journals_of_month(self) -> list[CheckedManual]:
        """The first manual journals that wait and are dated in the month."""
        found = [row.manual_journal for row in self._waiting_rows()]
        month = parse_month(self.where.month)
        return [
            journal
            for journal in found
            if journal and month_of(day_of(journal.date)) == month
        ]

    def _waiting_rows(self) -> Sequence[CloseCheckRow]:
        """The first manual journals that wait, recurring ones last."""
        found = [its for its in self._checks() if its.kind == "WAITING_DRAFTS"]
        return [row for check in found for row in check.rows]

    def _checks(self) -> Sequence[CloseCheck]:
        checklist = self.found.close_checklist
        return checklist.checks if checklist else ()

    def _review_url(self) -> str:
        """What waits for the reader: the only one, or the list of them."""
        waiting = self.found.waiting
        if self.waiting != 1:
            return self._list_url(waiting="me")
        for recurrence in self._recurring():
            if recurrence.waits_for_reader:
                return self._of_here(f"/manual-journals/recurring/{recurrence.number}")
        assert waiting is not None, "one of them waits"
        return self._of_here(f"/manual-journals/{waiting.nodes[0].number}")

    def _of_here(self, url: str) -> str:
        """A page without a ledger, which leads back to this month's close."""
        return self.where.carried_to(url)


def export_link(found: ClosePage, currency: str, month: Month) -> Link:
    """The preflight of a month's export, in the format that it begins with."""
    posted = found.posted.nodes if found.posted else ()
    given = {"currency": currency, "month": month_text(month)}
    words = "Preflight the export"
    if usual := usual_format(file.format for file in posted):
        given["format"] = usual
    if usual in SYSTEMS:
        words = f"{words} for {SYSTEMS[usual]}"
    return Link(words, f"/exports/new?{urlencode(given)}")


def balances_address(currency: str, month: Month) -> str:
    """The page that takes the balances at a month's end."""
    on = day_text(last_day_of(month))
    return f"/close/balances?{urlencode({'currency': currency, 'on': on})}"


def _are(number: int, singular: str, plural: str) -> str:
    return f"{count(number, singular, plural)} {agreeing(number, 'is', 'are')}"


def _have(number: int, singular: str, plural: str) -> str:
    return f"{count(number, singular, plural)} {agreeing(number, 'has', 'have')}"
