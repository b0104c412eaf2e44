"""The address of a new export: what the report shows, and how its file is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from daybook.errors import Rejected
from daybook.exports.file_spec import FileOptions
from daybook.exports.formats import DEFAULT, Format, parse_format
from daybook.exports.mapping.forms import FORMS, DateForm, Integration
from daybook.exports.option_texts import OPTION_NAMES, read_options
from daybook.exports.rules import Granularity
from daybook.exports.writing.compression import COMPRESSIONS
from daybook.numbers import read_number
from daybook.reports.journals.filters import Selection
from daybook.reports.journals.selection import read_selection
from daybook_graphql.exports.ids import ExportRecordId
from daybook_graphql.journals.filters import variables_of
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.query_problems import problems_of

PATH = "/exports/new"
SINCE = "since"
"""The number of the posted record to whose file a difference is made."""
OWN = ("format", "granularity", "compress", *OPTION_NAMES, SINCE)
"""The parameters that say how the file is written."""
PAGING = ("after", "before")


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """The report's parameters, and those of the file by name; none is empty."""

    report: ReportQuery
    own: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, parameters: QueryParams) -> "ExportQuery":
        """Read a query string; options that the format doesn't have are left out.

        A form sends all that it shows, also where another format was just chosen.
        """
        pairs = parameters.multi_items()
        report = ReportQuery.of(
            QueryParams([pair for pair in pairs if pair[0] not in {*OWN, *PAGING}])
        )
        own = {name: text.strip() for name, text in pairs if name in OWN}
        query = cls(report, {name: text for name, text in own.items() if text})
        kept = options_of_format(query.file_format)
        return replace(
            query,
            own={
                name: text
                for name, text in query.own.items()
                if name in kept or name in {"format", "granularity", SINCE}
            },
        )

    def __getitem__(self, name: str) -> str:
        """A parameter of the file; empty if it was not given."""
        assert name in OWN, f"a file has no parameter {name}"
        return self.own.get(name, "")

    @property
    def file_format(self) -> Format:
        """The chosen format; the default one for an unknown name."""
        try:
            return parse_format(self["format"]) if self["format"] else DEFAULT
        except Rejected:
            return DEFAULT

    @property
    def has_selection(self) -> bool:
        """Whether it says what to select.

        That is a period, or the file that a difference is to, which has one.
        """
        return self.report.has_period or bool(self[SINCE])

    @property
    def granularity(self) -> str:
        """The chosen granularity, or the format's own."""
        return self["granularity"] or self.file_format.granularity.value

    def problems(self) -> dict[str, str]:
        """What is wrong and how to correct it, by parameter."""
        found = problems_of(self.report)
        if self["format"]:
            try:
                parse_format(self["format"])
            except Rejected as rejected:
                found["format"] = rejected.problems[0].message
        if self.granularity not in set(Granularity):
            found["granularity"] = f"“{self.granularity}” is neither daily nor monthly"
        if self["compress"] not in {"", *(known.name for known in COMPRESSIONS)}:
            found["compress"] = f"“{self['compress']}” is no compression"
        if self[SINCE] and not _is_number(self[SINCE]):
            found[SINCE] = f"“{self[SINCE]}” is not the number of an export record"
        try:
            self.options()
        except Rejected as rejected:
            found |= {problem.path[0]: problem.message for problem in rejected.problems}
        return found

    def options(self) -> FileOptions:
        """The file's options; raises Rejected."""
        return read_options(self.own)

    def variables(self) -> dict[str, Any]:
        """The input of `exportPreflight` and `createExport`; needs no problems."""
        if self[SINCE]:
            return self._difference()
        options, by = self.options(), self.report.groupings
        preset, date_form = options.preset, options.date_form
        return {
            "ledgerId": encode(LedgerId(self.report["currency"])),
            "filter": variables_of(self.report.selection(self.report.period())),
            "groupBy": None if by is None else [name.upper() for name in by],
            "format": self.file_format.name,
            "granularity": self.granularity.upper(),
            "compress": self["compress"].upper() or None,
            "preset": None if preset is None else preset.name,
            "dateForm": None if date_form is None else date_form.name,
            "convert": options.converts,
            "maxRows": options.max_rows,
            "defaultAccount": options.default_account,
            "opens": options.opens.name,
        }

    def _difference(self) -> dict[str, Any]:
        """The input for a difference, beside which only the as-of day may be given."""
        as_of = read_selection(self.report.parameters)[0].as_of
        return {
            "ledgerId": encode(LedgerId(self.report["currency"])),
            "filter": variables_of(Selection(as_of=as_of)),
            SINCE: encode(ExportRecordId(read_number(self[SINCE]))),
        }

    @property
    def in_form(self) -> tuple[str, ...]:
        """The parameters that the page's form has; a difference has its base's form."""
        return (SINCE,) if self[SINCE] else ("include_scheduled", *OWN)

    def sent(self, form: Mapping[str, str]) -> "ExportQuery":
        """The same with what the page's form has; itself if other buttons sent it."""
        if not {"format", SINCE} & form.keys():
            return self
        names = self.in_form
        kept = [pair for pair in self.pairs() if pair[0] not in names]
        chosen = [(name, form[name]) for name in names if form.get(name)]
        return ExportQuery.of(QueryParams([*kept, *chosen]))

    def makes_the_same(self, other: "ExportQuery") -> bool:
        """Whether both ask for the same file."""
        has_problems = self.problems() or other.problems()
        return not has_problems and self.variables() == other.variables()

    def pairs(self) -> list[tuple[str, str]]:
        """All parameters that are given."""
        return [*self.report.pairs(), *self.own.items()]

    def url(self, **changes: str) -> str:
        """The page's address, with other parameters of the file."""
        own = {**self.own, **changes}
        given = [(name, text) for name, text in own.items() if text]
        return f"{PATH}?{urlencode([*self.report.pairs(), *given])}"


def _is_number(text: str) -> bool:
    try:
        read_number(text)
    except ValueError:
        return False
    return True


def options_of_format(file_format: Format) -> set[str]:
    """The names of the options that files of a format have."""
    integration = file_format.integration
    names = set()
    if file_format.is_split:
        names.add("max_rows")
    if file_format.opens_accounts:
        names.add("opens")
    if file_format.may_be_compressed:
        names.add("compress")
    if integration is not None:
        names |= {"date_form", "default_account"}
        if FORMS[integration].presets:
            names.add("preset")
    if integration is Integration.XERO:
        names.add("convert")
    return names


def date_forms_of(file_format: Format) -> tuple[DateForm, ...]:
    """The forms of dates that files of a format may have; none if there's no choice."""
    integration = file_format.integration
    return () if integration is None else FORMS[integration].date_forms
