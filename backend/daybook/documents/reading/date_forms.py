"""How a file writes dates: reading by a form, and which forms fit a column. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from daybook.documents.reading.mixed_forms import WRITE_IT, Mixed, by_forms

KNOWN_FORMS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%b-%y",
    "%d %b %y",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S UTC",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d.%m.%Y %H:%M",
)
"""The forms that are named where they fit; a mapping may declare any other."""
FIRST_YEAR, LAST_YEAR = 2000, 2099

_RUN_TOGETHER = re.compile(r"%[a-zA-Z]%")
_DAY_NUMBER = re.compile(r"[3-7][0-9]{4}(?:\.0)?")


class NotADate(ValueError):
    """A text that isn't a date of the form; the message says why."""


def date_text(text: str, date_format: str) -> str:
    """The date of a text as YYYY-MM-DD; a time of day is dropped.

    Raises NotADate for another form, or a year that the format doesn't take.
    """
    try:
        moment = datetime.strptime(text, date_format)  # noqa: DTZ007  (a date alone)
    except ValueError:
        raise NotADate(f"is not a date of the form {date_format}") from None
    # Digits run together could be divided in two ways: 2025111.
    if _RUN_TOGETHER.search(date_format) and moment.strftime(date_format) != text:
        raise NotADate(f"is not a date of the form {date_format}")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise NotADate(f"is not a date from {FIRST_YEAR} to {LAST_YEAR}")
    return moment.date().isoformat()


def date_in(text: str, date_formats: Sequence[str]) -> str:
    """The date of a text in the form that it has, as YYYY-MM-DD.

    Raises NotADate if it has none of the forms, or is two dates by two of them.
    """
    if len(date_formats) == 1:
        return date_text(text, date_formats[0])
    found = readings(text, date_formats)
    if not found:
        raise NotADate(f"is not a date of the form {' or '.join(date_formats)}")
    if len(found) > 1:
        several = " or ".join(found)
        raise NotADate(f"may be {several} by the mapping's date_format: {WRITE_IT}")
    return found[0]


def readings(text: str, date_formats: Iterable[str]) -> list[str]:
    """The different dates that a text is by several forms."""
    found = [date_text(text, form) for form in date_formats if fits(text, form)]
    return [*dict.fromkeys(found)]


def fits(text: str, date_format: str) -> bool:
    """Whether a text is a date of the form."""
    try:
        date_text(text, date_format)
    except NotADate:
        return False
    return True


def forms_that_fit(texts: Iterable[str]) -> list[str]:
    """The known forms in which all of the texts are dates.

    There are several where the texts don't tell, as between day and month first.
    """
    left = list(KNOWN_FORMS)
    for text in texts:
        left = [form for form in left if fits(text, form)]
        if not left:
            break
    return left


def mixed(texts: Iterable[str]) -> Mixed[str]:
    """Which of the texts are dates of which form, where no one form fits all."""
    return by_forms(texts, KNOWN_FORMS, fits)


def as_toml(date_formats: Sequence[str]) -> str:
    """The value of a mapping's `date_format`: a form, or a list of several."""
    quoted = [f'"{form}"' for form in date_formats]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"


def are_distinct(by_form: Iterable[tuple[str, Iterable[str]]]) -> bool:
    """Whether each text is one date by the forms together."""
    return not unclear(by_form)


def unclear(by_form: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    """The texts that aren't one date by the forms together."""
    by_form = [*by_form]
    forms = [form for form, _ in by_form]
    texts = [text for _, own in by_form for text in own]
    return [text for text in texts if len(readings(text, forms)) != 1]


def way_out_of_mixed(texts: Sequence[str]) -> str:
    """How dates of several forms can be read; empty if one may be two dates."""
    by_form = mixed(texts).by_form
    every = [form for _, own in by_form for form in forms_that_fit(own)]
    if any(len(readings(text, every)) != 1 for text in texts):
        return ""
    forms = as_toml([form for form, _ in by_form])
    return f"; all dates of the column fit date_format = {forms}"


def way_out(forms: Sequence[str], text: str) -> str:
    """How the dates of a column can be read; empty if nothing is known."""
    if _DAY_NUMBER.fullmatch(text):
        return "; it is a spreadsheet's number of a day: format its column as a date"
    if not forms:
        return ""
    if len(forms) == 1:
        return f'; all dates of the column fit date_format = "{forms[0]}"'
    every = " and ".join(f'"{form}"' for form in forms)
    return f"; all dates of the column fit {every}: say which by date_format"
