"""The query strings of the reports: reading, checking and writing them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from daybook.calendar import day_text, first_day_of, parse_day, parse_month
from daybook.errors import did_you_mean
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.filter_kinds import AnyDay, OwnId, Unfit
from daybook.reports.journals.filters import UNKNOWN_MAX
from daybook_graphql.documents.ids import document_id
from daybook_graphql.kit.ids import encode, read_currency
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_web.kit.forms import Problem
from daybook_web.kit.saved import Kept
from daybook_web.kit.tokens import SEEN

PATH = "/reports"
ROWS = 50
"""How many customers, families or entries a page has."""
PAGING = ("after", "before")
TOTALS = "totals"
"""Says that the totals are shown in place, however long it takes to sum them."""
YES = "yes"
SHARED = ("currency", "on", "as_of", "customer", "product", "document")
"""Parameters that a link to another report keeps, where that has them."""
ACCOUNTS = {"DEFERRED": "Deferred", "UNBILLED": "Unbilled"}
"""The accounts that have a roll-forward."""
FLAGS = {
    "MANUAL": "Manual",
    "AFTER_CLOSE": "After close",
    "WEEKEND": "Weekend",
    "ROUND": "Round amount",
    "SELDOM_PAIR": "Seldom-used pair",
    "SUPERSEDED": "Superseded",
}
DAYS = frozenset({"on", "as_of", "from", "to", "recorded_from", "recorded_to"})
SWITCHES = frozenset({"open_only", "apart", TOTALS})
OWN_TEXTS = frozenset({"customer", "product", "document", "author"})
TYPED = DAYS | OWN_TEXTS
"""The parameters that have a field in the form."""
DOCUMENT_KINDS = ("INVOICE", "CREDIT_NOTE", "BILLING_SCHEDULE")


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its name in addresses, its title, and the parameters of its own.

    `tab` is the report under whose tab it is shown. Some are summed apart, once the
    page is shown, since that may take longer.
    """

    name: str
    title: str
    tab: str
    parameters: tuple[str, ...]
    has_pages: bool = False
    is_summed_apart: bool = False

    @property
    def has_late_sums(self) -> bool:
        """Whether the sums of a long one come to the page alone, without its rows."""
        return self.is_summed_apart and self.has_pages

    @property
    def names(self) -> tuple[str, ...]:
        """All its parameters, in the order of addresses."""
        paging = PAGING if self.has_pages else ()
        return (*self.parameters, *paging, *((TOTALS,) * self.is_summed_apart))


DEFERRED = Report(
    "deferred-revenue",
    "Deferred revenue",
    "deferred-revenue",
    (*SHARED, "open_only"),
    has_pages=True,
    is_summed_apart=True,
)
WATERFALL = Report(
    "waterfall",
    "Waterfall",
    "waterfall",
    (*SHARED, "apart"),
    has_pages=True,
    is_summed_apart=True,
)
COHORTS = Report("cohorts", "Waterfall by cohort", "waterfall", SHARED)
ROLL_FORWARD = Report(
    "roll-forward", "Roll-forward", "roll-forward", (*SHARED, "account", "from")
)
TIE_OUT = Report(
    "tie-out",
    "Tie-out",
    "tie-out",
    ("currency", "on", "as_of"),
    is_summed_apart=True,
)
POPULATION = Report(
    "population",
    "Entry population",
    "population",
    (
        "currency",
        "as_of",
        "from",
        "to",
        "recorded_from",
        "recorded_to",
        "author",
        "customer",
        "product",
        "document",
        "flags",
    ),
    has_pages=True,
    is_summed_apart=True,
)


@dataclass(frozen=True, slots=True)
class Address:
    """A report's parameters as texts; none is empty.

    `unknown` are names of no parameter, the first of them.
    """

    report: Report
    texts: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    unknown: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, report: Report, given: QueryParams) -> "Address":
        """Read a query string; the last of several values counts."""
        names = report.names
        texts = {name: given.get(name, "").strip() for name in names if name != "flags"}
        texts["currency"] = texts["currency"].upper()
        if "account" in texts:
            texts["account"] = texts["account"].upper()
        if "document" in texts:
            texts["document"] = _with_kind(texts["document"])
        flags: tuple[str, ...] = ()
        if "flags" in names:
            split = [
                flag for text in given.getlist("flags") for flag in text.split(",")
            ]
            flags = tuple(dict.fromkeys(flag.strip().upper() for flag in split))
        unknown = (name for name in given if name not in names and name != SEEN)
        return cls(
            report,
            {name: text for name, text in texts.items() if text},
            tuple(filter(None, flags)),
            tuple(islice(unknown, UNKNOWN_MAX)),
        )

    def __getitem__(self, name: str) -> str:
        """A parameter; empty if it is absent, or if the report doesn't have it."""
        return self.texts.get(name, "")

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the report but its ledger and its days."""
        return bool(
            self.flags or set(self.texts) - {"currency", "on", "as_of", *PAGING, TOTALS}
        )

    @property
    def document(self) -> tuple[str, str] | None:
        """The kind and the own id of the document that the report is narrowed to."""
        kind, _, external_id = self["document"].partition(":")
        return (kind, external_id) if external_id else None

    def is_under(self, tab: Report) -> bool:
        """Whether the report is shown under another's tab, or its own."""
        return self.report.tab == tab.name

    def with_texts(self, **changes: str) -> "Address":
        """The address with other values; empty ones remove a parameter."""
        texts = {**self.texts, **changes}
        kept = {name: text for name, text in texts.items() if text}
        return replace(self, texts=kept)

    def first_page(self, **changes: str) -> "Address":
        """The report's first page with other values."""
        return self.with_texts(**{"after": "", "before": "", TOTALS: "", **changes})

    def with_flags(self, *flags: str) -> "Address":
        """The first page with other flags."""
        return replace(self.first_page(), flags=flags)

    def unfiltered(self) -> "Address":
        """The ledger and its days, without filters."""
        kept = ("currency", "on", "as_of")
        return Address(self.report, {name: self[name] for name in kept if self[name]})

    def of_report(self, report: Report) -> "Address":
        """Another report of the same ledger and days, with the filters it has too."""
        kept = [name for name in SHARED if name in report.names and self[name]]
        return Address(report, {name: self[name] for name in kept})

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters in the order of addresses."""
        pairs = [(name, self[name]) for name in self.report.names if self[name]]
        return [*pairs, *(("flags", flag) for flag in self.flags)]

    @property
    def kept(self) -> Kept:
        """What a saved filter keeps of the report: all but the ledger and its last day.

        Deferred is the account that a roll-forward is of anyway.
        """
        usual = ("account", "DEFERRED")
        pairs = [pair for pair in self.first_page().pairs() if pair != usual]
        name = self.report.name.upper().replace("-", "_")
        return Kept.of(name, f"{PATH}/{self.report.name}", pairs, "currency", "on")

    def url(self, **changes: str) -> str:
        """The address of the first page with other values, or of another page."""
        return _url(f"{PATH}/{self.report.name}", self.first_page(**changes).pairs())

    def totals_url(self) -> str:
        """The address of this very page with its totals in place."""
        changed = self.with_texts(**{TOTALS: YES})
        return _url(f"{PATH}/{self.report.name}", changed.pairs())

    def sums_url(self, recording: int) -> str:
        """Where this page loads its totals; they are of the recording of its rows."""
        pairs = [*self.first_page().pairs(), (SEEN, str(recording))]
        return _url(f"{PATH}/{self.report.name}/sums", pairs)

    def file_url(self, suffix: str) -> str:
        """The address of the whole report as a file."""
        return _url(f"{PATH}/{self.report.name}.{suffix}", self.first_page().pairs())

    def news_url(self, recording: int) -> str:
        """Where the page asks whether its ledger changed since a recording."""
        pairs = [*self.first_page().pairs(), (SEEN, str(recording))]
        return _url(f"{PATH}/{self.report.name}/news", pairs)

    def problems(self) -> list[Problem]:
        """What is wrong with the parameters, each at its field."""
        found = [
            Problem("", f"There is no filter “{name}”{self._near(name)}")
            for name in self.unknown
        ]
        for name, text in self.texts.items():
            message = self._problem(name, text)
            if message:
                found.append(Problem(name if name in TYPED else "", message))
        found += [
            Problem("", f"There is no flag “{flag}”{_near(flag, FLAGS)}")
            for flag in self.flags
            if flag not in FLAGS
        ]
        return found or self._contradictions()

    def _problem(self, name: str, text: str) -> str:
        """What is wrong with a parameter's text; empty if nothing is."""
        is_month_name = name == "from" and self.report is ROLL_FORWARD
        message = ""
        if name in DAYS and not is_month_name:
            message = why_unfit(AnyDay(), text)
        elif is_month_name and not is_month(text):
            message = f"“{text}” is not a month: write it as 2025-10."
        elif name in SWITCHES and text != YES:
            message = f"“{text}” is not “yes”: leave it out for “no”."
        elif name == "account" and text not in ACCOUNTS:
            message = f"“{text}” has no roll-forward: choose DEFERRED or UNBILLED."
        elif name == "document" and self.document is None:
            message = f"“{text}” is not a document such as INVOICE:inv_1."
        elif name in OWN_TEXTS:
            message = why_unfit(OwnId(), text)
        return message

    def _contradictions(self) -> list[Problem]:
        found = []
        for first, last in (("from", "to"), ("recorded_from", "recorded_to")):
            if self[first] and self[last] and self[first] > self[last]:
                found.append(Problem(last, "The range ends before it starts."))
        if self.report is ROLL_FORWARD and self["from"] and self["on"]:
            first_day = first_day_of(parse_month(self["from"]))
            if first_day > parse_day(self["on"]):
                message = f"This month starts after {self['on']}, the last day shown."
                found.append(Problem("from", message))
        return found

    def _near(self, name: str) -> str:
        return did_you_mean(name, self.report.names) or "."

    def ledger_id(self) -> str:
        """The ledger as operations name it; needs a currency."""
        return encode(LedgerId(self["currency"]))

    def filter_variables(self) -> dict[str, Any]:
        """What narrows the report, as operations take it; needs no problems."""
        found: dict[str, Any] = {}
        if self["customer"]:
            found["customerId"] = encode(CustomerId(self["customer"]))
        if self["product"]:
            found["productId"] = encode(ProductId(self["product"]))
        if self.document is not None:
            kind, external_id = self.document
            found["documentId"] = encode(
                document_id(int(SourceKind[kind]), external_id)
            )
        return found

    def page_variables(self) -> dict[str, Any]:
        """The variables that choose the page."""
        if self["before"]:
            return {"last": ROWS, "before": self["before"]}
        return {"first": ROWS, "after": self["after"] or None}


def is_currency(text: str) -> bool:
    """Whether a text could be a currency's code."""
    try:
        read_currency(text)
    except ValueError:
        return False
    return True


def is_month(text: str) -> bool:
    """Whether a text is a month, `2025-10`."""
    try:
        parse_month(text)
    except ValueError:
        return False
    return True


def month_start(text: str) -> str:
    """The first day of a month, as operations take it."""
    return day_text(first_day_of(parse_month(text)))


def _with_kind(text: str) -> str:
    """A document with its kind: an own id alone is an invoice's."""
    kind, colon, external_id = text.partition(":")
    name = kind.upper().replace("-", "_")
    if colon and name in DOCUMENT_KINDS:
        return f"{name}:{external_id}"
    return f"INVOICE:{text}" if text else ""


def why_unfit(kind: AnyDay | OwnId, text: str) -> str:
    """Why a text is no value of a kind, for people; empty if it is one."""
    try:
        kind.read(text)
    except Unfit as why:
        words = why.words if why.text is None else f"“{why.text}” {why.words}"
        return f"{words[0].upper()}{words[1:]}."
    return ""


def _near(text: str, known: Sequence[str] | Mapping[str, str]) -> str:
    return did_you_mean(text, list(known)) or "."


def _url(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path
