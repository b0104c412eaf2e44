"""What the page of a new export shows, made from the result of its operation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from daybook.calendar import parse_day
from daybook.exports.formats import FORMATS, Format
from daybook.exports.mapping.forms import FORMS, Preset
from daybook.exports.rules import Granularity
from daybook.exports.writing.compression import COMPRESSIONS
from daybook_graphql.exports.ids import ExportRecordId
from daybook_graphql.kit.ids import expect
from daybook_web.exports.bases import base_choices, base_words, format_of_file
from daybook_web.exports.job_rows import (
    JobRow,
    difference_address,
    job_rows,
    page_of_record,
)
from daybook_web.exports.query import (
    SINCE,
    ExportQuery,
    date_forms_of,
    options_of_format,
)
from daybook_web.exports.results import (
    ExportPreflight,
    NewExportPage,
    PostedRecord,
    PreflightFinding,
)
from daybook_web.exports.words import FORMAT_NAMES, OPENINGS, PRESETS
from daybook_web.kit.formats import dated
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.reports.other_methods import OtherMethods

PLACES_SHOWN = 10
GRANULARITIES = {Granularity.MONTHLY: "Month", Granularity.DAILY: "Day"}
TO_SETTINGS = {"NOT_ENABLED", "BASE_UNKNOWN", "TARGET_CLOSED", "EARLIER_ENTRIES"}
TO_MAPPINGS = {"UNMAPPED", "NO_TAX_RATE", "NAME_MISSING", "SUBSIDIARIES"}
TO_VENDOR = {"PRESET_NOT_CHOSEN", "CANNOT_POST", "BACKWARDS"}
"""Findings by what mends them."""


@dataclass(frozen=True, slots=True)
class FormatChoice:
    """A format that may be chosen."""

    value: str
    title: str
    note: str


@dataclass(frozen=True, slots=True)
class FileForm:
    """The form of how the file is written: what may be chosen, and what is chosen."""

    bases: Sequence[Choice]
    since: str
    base: str
    """The file that it is the difference to, in words; its form is not to be chosen."""
    formats: Sequence[FormatChoice]
    format: str
    granularities: Sequence[Choice]
    granularity: str
    entries: str
    options: set[str]
    presets: Sequence[Choice]
    preset: str
    date_forms: Sequence[Choice]
    date_form: str
    converts: bool
    openings: Sequence[Choice]
    opens: str
    compressions: Sequence[Choice]
    compress: str
    max_rows: str
    most: str
    default_account: str

    @classmethod
    def of(cls, query: ExportQuery, posted: Sequence[PostedRecord]) -> "FileForm":
        """The form of a query; `posted` are the files it may be a difference to."""
        file_format, since = query.file_format, query[SINCE]
        limit = file_format.limits.rows
        return cls(
            bases=base_choices(posted, since),
            since=since,
            base=base_words(posted, since),
            formats=[
                FormatChoice(
                    known.name, *FORMAT_NAMES.get(known.name, (known.name, ""))
                )
                for known in FORMATS
            ],
            format=file_format.name,
            granularities=[
                Choice("", f"By default: {GRANULARITIES[file_format.granularity]}"),
                *(Choice(known.value, words) for known, words in GRANULARITIES.items()),
            ],
            granularity=query["granularity"],
            entries=query.report["include_scheduled"],
            options=options_of_format(file_format),
            presets=[
                Choice("", "As in the settings"),
                *(Choice(known.value, PRESETS[known.name]) for known in Preset),
            ],
            preset=query["preset"],
            date_forms=[
                Choice("", "As in the settings"),
                *(
                    Choice(form.value, form.text(parse_day("2026-06-30")))
                    for form in date_forms_of(file_format)
                ),
            ],
            date_form=query["date_form"],
            converts=query["convert"].casefold() == "yes",
            openings=[
                Choice("", OPENINGS["USED"]),
                Choice("all", OPENINGS["ALL"]),
                Choice("none", OPENINGS["NONE"]),
            ],
            opens=query["opens"],
            compressions=[
                Choice("", "Not compressed"),
                *(Choice(known.name, known.suffix) for known in COMPRESSIONS),
            ],
            compress=query["compress"],
            max_rows=query["max_rows"],
            most="Empty: all in one file. An entry is never split over two files."
            if limit is None
            else f"Empty: {limit:,}. 0: all in one file. An entry is never split over"
            " two files.",
            default_account=query["default_account"],
        )


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding, and links that mend it."""

    blocks: bool
    title: str
    message: str
    way_out: str
    places: Sequence[str]
    more: int
    links: Sequence[Link]


@dataclass(frozen=True, slots=True)
class NewExportView(View):
    """What a file would be, the button that makes it, and the last exports.

    `is_checked_again` after a button to export another file than was checked: nothing
    was exported then.
    """

    page: ClassVar[str] = "exports/new_export.html"
    fragment: ClassVar[str] = "exports/_exports.html"

    title: str
    words: str
    currency: str
    currencies: Sequence[Link]
    report_url: str
    address: str
    form: FileForm
    preflight: ExportPreflight | None
    findings: Sequence[FindingRow]
    blocking: int
    button: str
    key: str
    jobs: Sequence[JobRow]
    has_posted: bool
    """Whether there are posted files of the ledger, of an export or of a command."""
    is_awaited: bool
    is_checked_again: bool
    problems: Sequence[Problem]

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        found: NewExportPage,
        query: ExportQuery,
        words: str,
        *,
        key: str,
        problems: Sequence[Problem] = (),
        is_checked_again: bool = False,
    ) -> "NewExportView":
        """The page of a query whose ledger is known; `words` are of its period."""
        preflight = None if problems else found.export_preflight
        jobs = job_rows(found.export_jobs.nodes)
        findings = () if preflight is None else preflight.findings
        files = 1 if preflight is None else preflight.files
        posted = found.posted.nodes
        file_format = format_of_file(posted, query)
        return cls(
            title="Export",
            words=words,
            currency=query.report["currency"],
            currencies=[
                Link(ledger.currency, _in_currency(query, ledger.currency))
                for ledger in found.ledgers
            ],
            report_url=query.report.url(),
            address=query.url(),
            form=FileForm.of(query, posted),
            preflight=preflight,
            findings=[
                *(_finding(finding, query, file_format) for finding in findings),
                *_others(found, query),
            ],
            blocking=sum(finding.blocks for finding in findings),
            button=_button(files, is_difference=bool(query[SINCE])),
            key=key,
            jobs=jobs,
            has_posted=bool(posted),
            is_awaited=any(job.is_awaited for job in jobs),
            is_checked_again=is_checked_again and not problems,
            problems=problems,
        )


def _button(files: int, *, is_difference: bool) -> str:
    if files > 1:
        return f"Export {files:,} files"
    return "Export the difference" if is_difference else "Export the file"


def _in_currency(query: ExportQuery, currency: str) -> str:
    """The page in another ledger, whose files are others."""
    report = query.report.with_values(currency=currency)
    return ExportQuery(report, query.own).url(**{SINCE: ""})


def _finding(
    finding: PreflightFinding, query: ExportQuery, file_format: Format
) -> FindingRow:
    way_out = finding.way_out
    return FindingRow(
        finding.blocks,
        _sentence(finding.title),
        "" if finding.places else _sentence(finding.message),
        _sentence(way_out),
        finding.places[:PLACES_SHOWN],
        max(len(finding.places) - PLACES_SHOWN, 0),
        _links(finding, query, file_format),
    )


def _others(found: NewExportPage, query: ExportQuery) -> list[FindingRow]:
    """The documents of the month that keep another method than their product's."""
    others = OtherMethods.of(found.close_checklist, query.url())
    if others is None:
        return []
    return [
        FindingRow(
            blocks=False,
            title=others.title,
            message="",
            way_out="",
            places=[f"{row.link.text}: {row.message}" for row in others.rows],
            more=others.more,
            links=[row.link for row in others.rows],
        )
    ]


def _sentence(words: str) -> str:
    """Words with a capital letter; names of commands are left as they are."""
    words = dated(words)
    return words[:1].upper() + words[1:]


def _links(
    finding: PreflightFinding, query: ExportQuery, file_format: Format
) -> list[Link]:
    """What mends a finding, where that is a click away."""
    integration = file_format.integration
    currency, record_id = query.report["currency"], finding.record_id
    if record_id is not None:
        number = expect(record_id, ExportRecordId, "recordId").number
        difference = difference_address(currency, number)
        return [
            Link(f"See file {number}", page_of_record(number)),
            Link(f"Export the difference to file {number}", difference),
        ]
    if integration is None:
        return []
    name = FORMS[integration].title
    parameters = urlencode({"currency": currency, "system": integration.name})
    settings = f"/settings/integrations?{parameters}"
    links, is_difference = list[Link](), bool(query[SINCE])
    if finding.code == "PRESET_NOT_CHOSEN" and not is_difference:
        links.append(Link("Use normal balances", query.url(preset="normal-balance")))
    if finding.code in TO_VENDOR and not is_difference:
        links.append(Link(f"Use the rule of {name}", query.url(preset="vendor")))
    if finding.code == "BASE_CURRENCY" and finding.blocks and not is_difference:
        links.append(Link("Convert the file", query.url(convert="yes")))
    if finding.code in TO_SETTINGS:
        links.append(Link(f"Settings for {name}", settings))
    if finding.code == "CONNECTION_LOCKED":
        links.append(Link("Connections", "/general-ledger/connections"))
    if finding.code in TO_MAPPINGS:
        what = "Map the accounts"
        if finding.code == "UNMAPPED":
            what = f"Map {len(finding.places)}"
        links.append(Link(what, f"{settings}#mapping-heading"))
    return links
