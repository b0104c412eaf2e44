"""The preflight of a file: its totals, and everything that its target would not take.

It reads each unit once, as the file would be made of them, and changes nothing.
"""

from collections.abc import Iterator
from typing import NamedTuple

from daybook.calendar import Day
from daybook.db.engine import Database, ReadSession
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.facts import read_facts
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats.contract import FileFacts
from daybook.exports.mapping.forms import FORMS, Integration
from daybook.exports.mapping.queries import integrations_at, mappings_at
from daybook.exports.mapping.rules import IntegrationSettings, Mappings
from daybook.exports.preflight.attributes import Attributes
from daybook.exports.preflight.findings import Finding, FindingCode
from daybook.exports.preflight.watches import (
    AmountDigits,
    ClosedDays,
    FormulaTexts,
    KeyLengths,
    LongDescriptions,
    MissingRates,
    NetSuiteSubsidiaries,
    QuickBooksNames,
    UnitSizes,
    Unmapped,
    Watch,
    XeroSigns,
)
from daybook.exports.rules import (
    NOTHING,
    AccountTotals,
    Groups,
    Totals,
    Units,
    account_totals,
    slice_totals,
)
from daybook.exports.sides import default_account
from daybook.exports.splitting import PartCutter, PartLimits, each_unit, part_limits
from daybook.exports.units import read_units
from daybook.fx.rules import NoRate
from daybook.ledger.queries import had_several_ledgers


class Preflight(NamedTuple):
    """What is known of a file before it is made.

    `files` is how many parts it has. `accounts` are the sums of each account of the
    ledger, in minor units of `currency`. What stops the file comes first in `findings`.
    """

    currency: str
    totals: Totals
    files: int
    accounts: AccountTotals
    findings: tuple[Finding, ...]

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What stops the file."""
        return tuple(finding for finding in self.findings if finding.blocks)


class _Setting(NamedTuple):
    """What was read of an integration before the units."""

    integration: Integration
    settings: IntegrationSettings
    mappings: Mappings
    has_several_ledgers: bool


async def read_preflight(database: Database, spec: FileSpec) -> Preflight:
    """Read all units of a file and find what its target would not take."""
    setting, findings = None, []
    async with database.reads() as session:
        if spec.integration is not None:
            setting = await _setting(session, spec, spec.integration)
            findings = [
                *_of_settings(spec, setting),
                *await _of_default(session, spec, spec.integration),
            ]
    if any(finding.code is FindingCode.DEFAULT_ACCOUNT for finding in findings):
        return Preflight(spec.pin.currency, NOTHING, 0, {}, tuple(findings))
    facts = await read_facts(database, spec)
    seen = _Seen(spec, facts, setting)
    async for units in read_units(database, spec):
        seen.add(units)
    for watch in seen.watches:
        findings += watch.findings()
    findings.sort(key=lambda finding: not finding.blocks)
    return Preflight(
        facts.currency,
        seen.totals,
        seen.cutter.parts,
        seen.accounts,
        tuple(findings),
    )


async def check_loadable(database: Database, spec: FileSpec) -> Preflight:
    """A file's preflight; raises Rejected with all that stops the file."""
    found = await read_preflight(database, spec)
    if found.blocking:
        raise Rejected(
            [
                Problem(ProblemCode.UNLOADABLE, finding.text, ("format",))
                for finding in found.blocking
            ]
        )
    return found


class _Seen:
    """What was seen of a file's units so far."""

    def __init__(
        self, spec: FileSpec, facts: FileFacts, setting: _Setting | None
    ) -> None:
        self._renderer = spec.file_format.renderer(_with_any_rate(facts))
        header = b"".join(self._renderer.header())
        self._limits = part_limits(spec, len(header))
        self.cutter = PartCutter(self._limits)
        self.watches = list(_watches(spec, facts, setting, self._limits))
        self.totals, self.accounts = NOTHING, AccountTotals()

    def add(self, units: Units) -> None:
        """See a slice of units."""
        self.totals += slice_totals(units)
        account_totals(units, self.accounts)
        for unit in units.units:
            for watch in self.watches:
                watch.see(unit)
        if self._limits.is_any:
            for unit_slice in each_unit(units):
                self.cutter.begins_part(
                    slice_totals(unit_slice).rows, self._size(unit_slice)
                )
        elif units.units:
            self.cutter.parts = 1

    def _size(self, unit: Units) -> int:
        """A unit's bytes, where parts have a limit of them and it can be rendered."""
        if self._limits.bytes is None or not isinstance(unit, Groups):
            return 0
        if any(line.target is None for line in unit.units[0].lines):
            return 0
        return sum(map(len, self._renderer.render(unit)))


async def _setting(
    session: ReadSession, spec: FileSpec, integration: Integration
) -> _Setting:
    settings = await integrations_at(session, spec.pin)
    return _Setting(
        integration,
        settings[integration],
        await mappings_at(session, spec.pin),
        await had_several_ledgers(session, spec.pin),
    )


def _watches(
    spec: FileSpec, facts: FileFacts, setting: _Setting | None, limits: PartLimits
) -> Iterator[Watch]:
    """What is looked for in the units of a file."""
    if setting is None:
        if spec.file_format.has_safe_texts:
            yield FormulaTexts(are_kept=False, title="")
        if limits.rows is not None:
            yield UnitSizes(limits, None, "a file")
        return
    integration, its, mappings, _ = setting
    title, file_limits = FORMS[integration].title, spec.file_format.limits
    yield Unmapped(title, facts.decimals)
    yield UnitSizes(limits, file_limits.unit_rows, title)
    if file_limits.key is not None:
        yield KeyLengths(file_limits.key, title)
    if file_limits.whole_digits is not None:
        yield AmountDigits(file_limits.whole_digits, facts.decimals, title)
    if its.closed_through is not None:
        yield ClosedDays(its.closed_through, title)
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


def _of_settings(spec: FileSpec, setting: _Setting) -> Iterator[Finding]:
    """What an integration's settings say about the file as a whole."""
    integration, its = setting.integration, setting.settings
    title, pin = FORMS[integration].title, spec.pin
    decimals = spec.file_format.limits.decimals
    if not its.is_enabled:
        yield Finding(
            FindingCode.NOT_ENABLED,
            blocks=True,
            title=f"{title} is not enabled for the {pin.currency} ledger",
            way_out=f"daybook mapping enable --integration {integration.name}, or its"
            " page",
        )
    if FORMS[integration].presets and its.preset is None and not spec.options.preset:
        yield Finding(
            FindingCode.PRESET_NOT_CHOSEN,
            blocks=True,
            title=f"nobody has chosen how {title}'s amounts are signed",
            message="normal-balance: an amount that increases its account is positive;"
            " vendor: debits are positive, as Xero publishes it",
            way_out="choose --preset normal-balance or --preset vendor, or set it for"
            " the integration",
        )
    if decimals is not None and pin.decimals > decimals and not spec.options.converts:
        yield Finding(
            FindingCode.DECIMALS,
            blocks=True,
            title=f"{pin.currency} has {pin.decimals} decimals, and {title} reads"
            f" {decimals}",
            way_out="use the format SEQUENCE for this ledger",
        )
    yield from _of_currency(spec, setting)


def _of_currency(spec: FileSpec, setting: _Setting) -> Iterator[Finding]:
    """Whether the target takes the ledger's currency."""
    integration, its, _, has_several_ledgers = setting
    if integration is Integration.QUICKBOOKS or spec.options.converts:
        return
    title, currency = FORMS[integration].title, spec.pin.currency
    if its.base_currency is None and has_several_ledgers:
        yield Finding(
            FindingCode.BASE_CURRENCY,
            blocks=True,
            title=f"it isn't known in which currency {title} keeps its books",
            message="there are ledgers in several currencies",
            way_out="say it for the integration (daybook mapping enable"
            f" --integration {integration.name} --base-currency, or its page)",
        )
    elif integration is Integration.XERO and its.base_currency not in {None, currency}:
        yield Finding(
            FindingCode.BASE_CURRENCY,
            blocks=True,
            title=f"Xero's manual journals are in {its.base_currency} only, and this"
            f" ledger is in {currency}",
            way_out="have the file converted (--convert)",
        )


async def _of_default(
    session: ReadSession, spec: FileSpec, integration: Integration
) -> list[Finding]:
    """Whether the account for lines without a mapping can be used."""
    try:
        await default_account(session, spec, integration)
    except Rejected as rejected:
        return [
            Finding(
                FindingCode.DEFAULT_ACCOUNT,
                blocks=True,
                title=f"the default account {spec.options.default_account!r} can't be"
                " used",
                message="; ".join(problem.message for problem in rejected.problems),
                way_out="choose another one",
            )
        ]
    return []


def _with_any_rate(facts: FileFacts) -> FileFacts:
    """The facts with an empty rate where there is none: a watch finds these days."""

    def rate_of(day: Day) -> str:
        try:
            return facts.rate_of(day)
        except NoRate:
            return ""

    return facts._replace(rate_of=rate_of)
