"""Checks of mappings and settings of integrations, and their words. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from daybook.calendar import LAST_DAY, day_text
from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.exports.mapping.forms import (
    FORMS,
    PAYABLE_TYPE,
    RECEIVABLE_TYPE,
    XERO_TYPES,
    Attribute,
    Field,
    Integration,
)
from daybook.exports.mapping.rules import Chart, IntegrationSettings, MappedAccount
from daybook.money import currencies_in_use

LEVELS_MAX = 5
"""How many levels of sub-accounts QuickBooks has."""
LEVEL_LONGEST = 100
"""The longest name of a QuickBooks account, at each level."""


def checked_fields(
    integration: Integration, given: Mapping[str, str | None], chart: Chart
) -> MappedAccount | None:
    """The mapped account of given fields; None if all of them are empty.

    A field that isn't given, or None, comes from the target's chart if that has it;
    an empty one stays empty. Raises Rejected with all problems.
    """
    form = FORMS[integration]
    problems = list(_unknown(integration, given))
    fields = {name: (given.get(name) or "").strip() for name in form.names}
    if not problems and not any(fields.values()):
        return None
    known = chart.get(fields[form.key])
    if known is not None:
        for name, text in (("type", known.type), ("tax_rate", known.tax_rate)):
            is_open = given.get(name) is None or (name == "type" and not fields[name])
            if name in form.names and is_open:
                fields[name] = text
    for field in form.fields:
        problems += _field_problems(field, fields[field.name])
    problems += _CHECKS[integration](fields, chart)
    if problems:
        raise Rejected(problems)
    filled = {name: text for name, text in fields.items() if text}
    return MappedAccount(integration, filled)


def _unknown(integration: Integration, given: Iterable[str]) -> Iterator[Problem]:
    names = FORMS[integration].names
    for name in given:
        if name not in names:
            near = did_you_mean(name, names)
            message = (
                f"{FORMS[integration].title} has no field {name!r}: there are"
                f" {', '.join(names)}{near}"
            )
            yield Problem(ProblemCode.UNKNOWN_FIELD, message, (name,))


def _field_problems(field: Field, text: str) -> Iterator[Problem]:
    """What is wrong with one field's text."""
    path, name = (field.name,), field.name
    if not text:
        if field.is_needed and not field.choices:
            yield Problem(ProblemCode.MISSING, f"{name} is missing", path)
        return
    if text.startswith("{") and text.endswith("}"):
        yield from _attribute_problems(field, text)
        return
    if len(text) > field.longest:
        message = f"{name} has at most {field.longest} characters, not {len(text)}"
        yield Problem(ProblemCode.TOO_LARGE, message, path)
    if not text.isprintable():
        message = f"{name} is one line of printable characters"
        yield Problem(ProblemCode.INVALID_VALUE, message, path)


def _attribute_problems(field: Field, text: str) -> Iterator[Problem]:
    if text in field.attributes:
        return
    if not field.attributes:
        message = f"{field.name} is the same for all lines: {text!r} can't vary"
    else:
        names = ", ".join(attribute.value for attribute in field.attributes)
        near = did_you_mean(text, (attribute.value for attribute in Attribute))
        message = f"{field.name} {text!r} is not one of {names}{near}"
    yield Problem(ProblemCode.INVALID_VALUE, message, (field.name,))


def _xero_problems(fields: Mapping[str, str], chart: Chart) -> Iterator[Problem]:
    code, type_ = fields["code"], fields["type"]
    known = chart.get(code)
    listed = XERO_TYPES.get(known.type) if known is not None else None
    if known is not None and listed is not None and listed.reason:
        message = f"{code} ({known.name}, {known.type}) can't be used: {listed.reason}"
        yield Problem(ProblemCode.INVALID_VALUE, message, ("code",))
    elif code and not type_ and chart:
        near = did_you_mean(code, chart)
        message = (
            f"{code} is not in Xero's chart of accounts{near}: give a code of it, or"
            " the type that Xero shows if the account is newer"
        )
        yield Problem(ProblemCode.INVALID_VALUE, message, ("code",))
    elif code and not type_:
        message = (
            f"type is missing: give the type that Xero shows for account {code}, or"
            " import Xero's chart of accounts"
        )
        yield Problem(ProblemCode.MISSING, message, ("type",))
    elif type_:
        yield from _xero_type_problems(fields, chart)
    for number in (1, 2):
        pair = f"tracking_name_{number}", f"tracking_option_{number}"
        for name, other in (pair, pair[::-1]):
            if fields[name] and not fields[other]:
                message = f"{other} is missing: {name} needs it"
                yield Problem(ProblemCode.MISSING, message, (other,))
    if fields["tracking_name_2"] and not fields["tracking_name_1"]:
        message = "tracking_name_1 is missing: the first pair is filled first"
        yield Problem(ProblemCode.MISSING, message, ("tracking_name_1",))
    elif fields["tracking_name_1"] and (
        fields["tracking_name_1"] == fields["tracking_name_2"]
    ):
        message = "tracking_name_2 names the same tracking category as tracking_name_1"
        yield Problem(ProblemCode.DUPLICATE, message, ("tracking_name_2",))


def _xero_type_problems(fields: Mapping[str, str], chart: Chart) -> Iterator[Problem]:
    code, type_ = fields["code"], fields["type"]
    known, its_type = chart.get(code), XERO_TYPES.get(type_)
    if its_type is None:
        choices = [
            target_type.name
            for target_type in XERO_TYPES.values()
            if not target_type.reason
        ]
        near = did_you_mean(type_, choices)
        message = f"type {type_!r} is not one of {', '.join(choices)}{near}"
        yield Problem(ProblemCode.INVALID_VALUE, message, ("type",))
    elif its_type.reason:
        message = f"an account of type {type_} can't be used: {its_type.reason}"
        yield Problem(ProblemCode.INVALID_VALUE, message, ("type",))
    elif known is not None and known.type in XERO_TYPES and known.type != type_:
        message = (
            f"type is {type_}, but {known.type} in the imported chart of accounts:"
            " leave it out, or import the chart again if it has changed"
        )
        yield Problem(ProblemCode.MISMATCH, message, ("type",))


def _quickbooks_problems(fields: Mapping[str, str], _chart: Chart) -> Iterator[Problem]:
    levels = fields["account"].split(":")
    if fields["account"]:
        if not all(level.strip() for level in levels) or len(levels) > LEVELS_MAX:
            message = (
                "account is a name, or a sub-account's with its parents' before it"
                f" (Parent:Sub), at most {LEVELS_MAX} levels"
            )
            yield Problem(ProblemCode.INVALID_VALUE, message, ("account",))
        elif max(map(len, levels)) > LEVEL_LONGEST:
            message = f"account has at most {LEVEL_LONGEST} characters at each level"
            yield Problem(ProblemCode.TOO_LARGE, message, ("account",))
    type_ = fields["type"]
    if type_ and type_ not in {RECEIVABLE_TYPE, PAYABLE_TYPE}:
        choices = f"{RECEIVABLE_TYPE}, {PAYABLE_TYPE}"
        message = f"type {type_!r} is not one of {choices}; leave it out for others"
        yield Problem(ProblemCode.INVALID_VALUE, message, ("type",))
    elif type_ and not fields["name"]:
        message = f"name is missing: {type_} lines need one ({Attribute.CUSTOMER_NAME})"
        yield Problem(ProblemCode.MISSING, message, ("name",))


def _netsuite_problems(_fields: Mapping[str, str], _chart: Chart) -> Iterator[Problem]:
    return iter(())


_CHECKS = {
    Integration.XERO: _xero_problems,
    Integration.QUICKBOOKS: _quickbooks_problems,
    Integration.NETSUITE: _netsuite_problems,
}


def check_settings(integration: Integration, settings: IntegrationSettings) -> None:
    """Raise Rejected for settings that the system doesn't have."""
    form, problems = FORMS[integration], []
    if settings.preset is not None and settings.preset not in form.presets:
        message = f"{form.title} has no sign presets: leave preset out"
        problems.append(Problem(ProblemCode.INVALID_VALUE, message, ("preset",)))
    if settings.date_form is not None and settings.date_form not in form.date_forms:
        choices = ", ".join(form.date_forms)
        message = f"{form.title} reads no dates {settings.date_form}, but {choices}"
        problems.append(Problem(ProblemCode.INVALID_VALUE, message, ("date_form",)))
    closed = settings.closed_through
    if closed is not None and closed >= LAST_DAY:
        message = f"{day_text(closed)} leaves no open day in the calendar"
        problems.append(Problem(ProblemCode.INVALID_DATE, message, ("closed_through",)))
    if settings.base_currency is not None:
        problems += _currency_problems(settings.base_currency)
    if problems:
        raise Rejected(problems)


def _currency_problems(base: str) -> Iterator[Problem]:
    currencies = currencies_in_use()
    if base not in currencies:
        message = f"base currency {base!r} is not the ISO 4217 code of a currency in"
        message += f" use{did_you_mean(base, currencies)}"
        yield Problem(ProblemCode.UNKNOWN_CURRENCY, message, ("base_currency",))
