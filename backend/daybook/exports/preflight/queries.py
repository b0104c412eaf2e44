"""The preflight of a file: its totals, and everything that its target would not take.

It reads each unit once, as the file would be made of them, and changes nothing.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from daybook.calendar import Day, day_text
from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.account_order import in_report_order
from daybook.exports.facts import read_facts
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats.contract import FileFacts
from daybook.exports.mapping.forms import FORMS, Integration
from daybook.exports.preflight.attributes import Attributes
from daybook.exports.preflight.findings import Finding, FindingCode
from daybook.exports.preflight.lookups import (
    findings_of_default,
    findings_of_mappings,
    findings_of_rates,
    read_setting,
)
from daybook.exports.preflight.of_settings import Setting, findings_of_settings
from daybook.exports.preflight.system_watches import (
    LongDescriptions,
    MissingRates,
    NetSuiteSubsidiaries,
    QuickBooksNames,
    XeroSigns,
)
from daybook.exports.preflight.unmapped import Unmapped
from daybook.exports.preflight.watches import (
    AmountDigits,
    ClosedDays,
    FormulaTexts,
    KeyLengths,
    LockedDays,
    UnitSizes,
    Watch,
)
from daybook.exports.reading.units import read_units
from daybook.exports.rules import (
    NOTHING,
    AccountTotals,
    Groups,
    Totals,
    Units,
    account_totals,
    slice_totals,
)
from daybook.exports.writing.splitting import (
    PartCutter,
    PartLimits,
    each_unit,
    part_limits,
)
from daybook.fx.rules import NoRate
from daybook.ledger.queries import settings_at
from daybook.reports.kept_totals import keep_totals

FIRST_LINES = 5
"""How many lines of a text file are shown, its header among them."""


class Preflight(NamedTuple):
    """What is known of a file before it is made.

    `files` is how many parts it has. `accounts` are the sums of each account of the
    ledger in the report's order, in minor units of `currency`. What stops the file
    comes first in `findings`. `first_lines` are those of a text file, as far as they
    can be rendered.
    """

    currency: str
    totals: Totals
    files: int
    accounts: AccountTotals
    findings: tuple[Finding, ...]
    first_lines: tuple[str, ...] = ()

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What stops the file."""
        return tuple(finding for finding in self.findings if finding.blocks)

    def with_finding(self, finding: Finding) -> "Preflight":
        """The preflight with one more finding, what stops the file first."""
        return self._replace(findings=_in_order([*self.findings, finding]))


async def read_preflight(database: Database, spec: FileSpec) -> Preflight:
    """Read all units of a file and find what its target would not take."""
    setting, findings = None, []
    if spec.integration is not None:
        async with database.reads() as session:
            setting = await read_setting(session, spec, spec.integration)
            findings = [
                *findings_of_settings(spec, setting),
                *await findings_of_default(session, spec, spec.integration),
                *await findings_of_rates(session, spec),
            ]
    if any(finding.code in UNREADABLE for finding in findings):
        return Preflight(spec.pin.currency, NOTHING, 0, {}, _in_order(findings))
    lock = None if setting is None else setting.connection_lock
    async with database.reads() as session:
        # What the file holds is fixed by its spec; the lock is as it is now.
        seen = await keep_totals(
            session,
            ("units of a file", spec, lock),
            lambda: _see_units(database, spec, setting),
        )
    if setting is not None:
        findings += await findings_of_mappings(database, spec, setting, seen.unmapped)
    findings += seen.findings
    if not seen.totals.rows:
        findings.append(await _no_rows(database, spec))
    return Preflight(
        seen.currency,
        seen.totals,
        seen.files,
        seen.accounts,
        _in_order(findings),
        seen.first_lines,
    )


class _UnitsSeen(NamedTuple):
    """What was seen of a file's units; nobody changes it."""

    currency: str
    totals: Totals
    files: int
    accounts: AccountTotals
    findings: tuple[Finding, ...]
    first_lines: tuple[str, ...]
    unmapped: Unmapped | None


async def _see_units(
    database: Database, spec: FileSpec, setting: Setting | None
) -> _UnitsSeen:
    facts = await read_facts(database, spec)
    seen = _Seen(spec, facts, setting)
    try:
        async for units in read_units(database, spec):
            # Others, such as pages, go on meanwhile.
            await asyncio.to_thread(seen.add, units)
    finally:
        seen.close()
    return _UnitsSeen(
        facts.currency,
        seen.totals,
        max(seen.cutter.parts, 1),
        in_report_order(seen.accounts, facts),
        tuple(seen.findings()),
        tuple(seen.first_lines),
        seen.unmapped,
    )


async def _no_rows(database: Database, spec: FileSpec) -> Finding:
    """Says that the file is empty, and where a correction of closed days is."""
    since = spec.options.since
    if since is None:
        title = "there is nothing to export: the file has no rows"
        way_out = "choose other days, or fewer filters"
        return Finding(FindingCode.NO_ROWS, blocks=False, title=title, way_out=way_out)
    async with database.reads() as session:
        closed = (await settings_at(session, spec.pin)).locked_through
    title, way_out = f"nothing has changed since file {since} in its days", ""
    if closed is not None and closed >= spec.journal_filter.first_day():
        way_out = (
            f"days through {day_text(closed)} are closed, and corrections of them are"
            f" posted from {day_text(closed + 1)} on: export the month of that day"
        )
    return Finding(FindingCode.NO_ROWS, blocks=False, title=title, way_out=way_out)


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """What stops the file, then the rest."""
    return tuple(sorted(findings, key=lambda finding: not finding.blocks))


UNREADABLE = {
    FindingCode.DEFAULT_ACCOUNT,
    FindingCode.NO_RATE,
    FindingCode.GROUPS_CONVERTED,
}
"""What keeps a file from being read at all, if it is known before."""


class Unloadable(Rejected):
    """The target would not take the file: `findings` are all that stops it."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            [
                Problem(ProblemCode.UNLOADABLE, finding.text, ("format",))
                for finding in findings
            ]
        )
        self.findings = tuple(findings)


async def check_loadable(database: Database, spec: FileSpec) -> Preflight:
    """A file's preflight; raises Unloadable with all that stops the file."""
    found = await read_preflight(database, spec)
    if found.blocking:
        raise Unloadable(found.blocking)
    return found


class _Seen:
    """What was seen of a file's units so far."""

    def __init__(
        self, spec: FileSpec, facts: FileFacts, setting: Setting | None
    ) -> None:
        self._renderer = spec.file_format.renderer(_with_any_rate(facts))
        header = b"".join(self._renderer.header())
        self._limits = part_limits(spec, len(header))
        self.cutter = PartCutter(self._limits)
        self.unmapped = None if setting is None else Unmapped(setting.integration)
        self._watches = list(_watches(spec, facts, setting, self._limits))
        self.totals, self.accounts = NOTHING, AccountTotals()
        self._shows_lines = spec.file_format.is_text
        self.first_lines: list[str] = []
        if self._shows_lines:
            self._show(header)

    def close(self) -> None:
        """Release what the renderer holds."""
        self._renderer.close()

    def add(self, units: Units) -> None:
        """See a slice of units."""
        self.totals += slice_totals(units)
        account_totals(units, self.accounts)
        watches = [*self._watches, *([self.unmapped] if self.unmapped else [])]
        for unit in units.units:
            for watch in watches:
                watch.see(unit)
        for unit_slice in each_unit(units) if self._limits.is_any else ():
            self.cutter.begins_part(
                slice_totals(unit_slice).rows, self._size(unit_slice)
            )
        if units.units and not self._limits.is_any:
            self.cutter.parts = 1
        for unit_slice in each_unit(units):
            if len(self.first_lines) >= FIRST_LINES or not self._shows_lines:
                break
            self._show(self._rendered(unit_slice))

    def findings(self) -> Iterator[Finding]:
        """What the watches found."""
        for watch in self._watches:
            yield from watch.findings()

    def _show(self, text: bytes) -> None:
        lines = text.decode("utf-8-sig").splitlines()
        self.first_lines += lines[: FIRST_LINES - len(self.first_lines)]

    def _size(self, unit: Units) -> int:
        """A unit's bytes, where parts have a limit of them."""
        return 0 if self._limits.bytes is None else len(self._rendered(unit))

    def _rendered(self, unit: Units) -> bytes:
        """A unit as text; empty if it lacks an account, which is found."""
        if self.unmapped is not None and isinstance(unit, Groups):
            (entry,) = unit.units
            if any(line.target is None for line in entry.lines):
                return b""
        return b"".join(self._renderer.render(unit))


def _watches(  # noqa: C901  (a line for each system's own)
    spec: FileSpec, facts: FileFacts, setting: Setting | None, limits: PartLimits
) -> Iterator[Watch]:
    """What is looked for in the units of a file."""
    since = spec.options.since
    if setting is None:
        if spec.file_format.has_safe_texts:
            yield FormulaTexts(are_kept=False, title="")
        if limits.rows is not None:
            yield UnitSizes(limits, None, "", since=since)
        return
    integration, its, mappings, _, lock = setting
    title, file_limits = FORMS[integration].title, spec.file_format.limits
    yield UnitSizes(limits, file_limits.unit_rows, title, since=since)
    if file_limits.key is not None:
        yield KeyLengths(file_limits.key, title, since=since)
    if file_limits.whole_digits is not None:
        digits = file_limits.whole_digits
        yield AmountDigits(digits, facts.decimals, title, since=since)
    if its.closed_through is not None:
        yield ClosedDays(its.closed_through, title, is_difference=since is not None)
    if lock is not None:
        yield LockedDays(lock.through, lock.connection, title)
    if integration is Integration.XERO:
        yield XeroSigns(facts.preset)
    if integration is Integration.QUICKBOOKS:
        yield QuickBooksNames()
        yield LongDescriptions()
    if integration is Integration.NETSUITE:
        yield NetSuiteSubsidiaries()
        yield MissingRates(facts.rate_of)
    yield Attributes(integration, mappings.fields_with_attributes(integration))
    yield FormulaTexts(are_kept=True, title=title)


def _with_any_rate(facts: FileFacts) -> FileFacts:
    """The facts with an empty rate where there is none: a watch finds these days."""

    def rate_of(day: Day) -> str:
        try:
            return facts.rate_of(day)
        except NoRate:
            return ""

    return facts._replace(rate_of=rate_of)
