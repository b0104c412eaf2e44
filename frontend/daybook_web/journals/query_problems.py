"""What is wrong with a query of the report, and how to correct it. Pure."""

from daybook.calendar import parse_month
from daybook.errors import ProblemCode, did_you_mean
from daybook.reports.journals.filter_kinds import Unfit
from daybook.reports.journals.group_keys import GroupsOf
from daybook.reports.journals.selection import contradictions, read_selection
from daybook_web.journals.parameters import (
    GROUPINGS,
    NAMES,
    NO_OPTIONAL,
    OPTIONAL,
    OWN,
    SORTS,
    YES,
)
from daybook_web.journals.query import ReportQuery


def problems_of(query: ReportQuery) -> dict[str, str]:
    """What is wrong and how to correct it, by parameter."""
    found = {
        name: f"There is no filter “{name}”{did_you_mean(name, NAMES) or '.'}"
        for name in query.unknown
    }
    for name in OWN:
        texts = query.parameters.get(name, ())
        if len(texts) > 1:
            quoted = " and ".join(f"“{text}”" for text in texts)
            found[name] = f"Give one of {quoted}."
    month = query["month"]
    if month and not query.is_range and not _is_month(month):
        found["month"] = f"“{month}” is not a month: write it as 2025-10."
    selection, unfit = read_selection(query.parameters)
    found |= {declared.name: _sentence(why) for declared, why in unfit}
    for problem in contradictions(selection):
        is_period = problem.code is ProblemCode.INVALID_PERIOD
        words = "the range ends before it starts" if is_period else problem.message
        found[problem.path[0]] = f"{words[0].upper()}{words[1:]}."
    return found | _unknown_groups(query) | _unknown_forms(query)


def without_problems(query: ReportQuery) -> tuple[ReportQuery, dict[str, str]]:
    """The query without what is wrong with it, and what that was, by parameter."""
    found = dict[str, str]()
    while problems := problems_of(query):
        found = problems | found
        query = query.without(*problems)
    return query, found


def _unknown_groups(query: ReportQuery) -> dict[str, str]:
    """Problems of unknown groupings and granularities."""
    found = {}
    groupings = query.groupings or ()
    if set(groupings) - set(GROUPINGS) or len(set(groupings)) < len(groupings):
        found["group_by"] = (
            f"Journals can't be grouped by “{query['group_by']}”: choose from"
            " customer, product and document."
        )
    granularity = query["granularity"]
    if granularity and granularity not in set(GroupsOf):
        found["granularity"] = (
            f"“{granularity}” is not a granularity: choose months, days or a total."
        )
    return found


def _unknown_forms(query: ReportQuery) -> dict[str, str]:
    """Problems of how the list is shown."""
    found = {}
    if query["sort"] and query["sort"] not in SORTS:
        names = [name for name in SORTS if not name.startswith("-")]
        found["sort"] = (
            f"The list can't be sorted by “{query['sort']}”: choose from"
            f" {', '.join(names)}, or -{names[0]} for the other direction."
        )
    unknown = set(query["columns"].split(",")) - {*OPTIONAL, NO_OPTIONAL, ""}
    if unknown:
        found["columns"] = (
            f"There is no column “{min(unknown)}” to choose: there are"
            f" {', '.join(OPTIONAL)}, and none."
        )
    if query["figures"] not in {"", YES}:
        found["figures"] = f"“{query['figures']}” is not figures=yes."
    return found


def _sentence(why: Unfit) -> str:
    """Why a text is not valid, for people: `“x” is not a date: …`."""
    words = why.words if why.text is None else f"“{why.text}” {why.words}"
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith('?') else '.'}"


def _is_month(text: str) -> bool:
    try:
        parse_month(text)
    except ValueError:
        return False
    return True
