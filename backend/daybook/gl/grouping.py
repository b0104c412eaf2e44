"""Files of several kinds, told apart: by what is in them, or by a mapping's names."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.kinds import Kind
from daybook.gl.xero.csv_sources import Source
from daybook.gl.xero.endpoints import ENDPOINTS
from daybook.gl.xero.mapping import KindMapping
from daybook.gl.xero.pages import page_kind


class Group(NamedTuple):
    """The files of a kind."""

    kind: Kind
    sources: Sequence[Source]
    mapping: KindMapping | None = None


class Grouped(NamedTuple):
    """Files by their kinds, and the names of those that no kind takes."""

    groups: Sequence[Group]
    left_out: Sequence[str] = ()


def grouped(
    kind: Kind | None,
    sources: Sequence[Source],
    mappings: Mapping[Kind, KindMapping] | None = None,
    mapping_name: str = "the mapping",
) -> Grouped:
    """The files by their kinds, in the order in which one kind names the other.

    They are all of the given kind; without one, pages of JSON say themselves what they
    have, and with `mappings` the names of the files tell, of which a mapping may leave
    some out. Blocks. Raises Rejected for files that nothing tells apart.
    """
    if mappings is not None:
        return _mapped(kind, sources, mappings, mapping_name)
    if kind is not None:
        return Grouped([Group(kind, sources)])
    by_kind: dict[Kind, list[Source]] = {}
    problems: list[Problem] = []
    for source in sources:
        try:
            by_kind.setdefault(_kind_of(source), []).append(source)
        except Rejected as rejected:
            problems += rejected.problems
    if problems:
        raise Rejected(problems)
    return Grouped(
        [Group(each, by_kind[each]) for each in ENDPOINTS if each in by_kind]
    )


def _kind_of(source: Source) -> Kind:
    """What a page of JSON has."""
    if source.name.lower().endswith(".csv"):
        message = (
            f"{source.name}: a CSV file doesn't say what it has: name its kind, or a"
            " mapping"
        )
        raise Rejected([Problem(ProblemCode.UNREADABLE, message)])
    try:
        return page_kind(source.path.read_bytes())
    except Rejected as rejected:
        (problem, *_) = rejected.problems
        message = f"{source.name}: {problem.message}"
        raise Rejected([Problem(problem.code, message)]) from None


def _mapped(
    kind: Kind | None,
    sources: Sequence[Source],
    mappings: Mapping[Kind, KindMapping],
    mapping_name: str,
) -> Grouped:
    """The files by the kinds whose mapping names them."""
    if kind is not None:
        if kind not in mappings:
            raise _unfit(f"{mapping_name} has no table [{kind.name.lower()}]")
        return Grouped([Group(kind, sources, mappings[kind])])
    known = {name for its in mappings.values() for name in its.files.values()}
    left_out = [source.name for source in sources if source.name not in known]
    if len(left_out) == len(sources):
        raise _unfit(f"{mapping_name} names none of these files")
    groups = []
    for each in ENDPOINTS:
        its = mappings.get(each)
        names = set(its.files.values()) if its else set()
        found = [source for source in sources if source.name in names]
        if found:
            groups.append(Group(each, found, its))
    return Grouped(groups, left_out)


def _unfit(message: str) -> Rejected:
    return Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("mapping",))])
