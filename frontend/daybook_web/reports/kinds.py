"""What differs between the reports: operation, variables, body and view."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from daybook_web.kit.rendering import View
from daybook_web.kit.results import Party
from daybook_web.reports.address import (
    COHORTS,
    DEFERRED,
    POPULATION,
    ROLL_FORWARD,
    TIE_OUT,
    WATERFALL,
    Address,
    Report,
    month_start,
)
from daybook_web.reports.cohorts import CohortsView, cohorts_body
from daybook_web.reports.deferred import DeferredRevenueView, deferred_body
from daybook_web.reports.frame import Frame, TieLine, ties_of
from daybook_web.reports.population import PopulationView, population_body
from daybook_web.reports.results import (
    CohortsPage,
    DeferredListing,
    DeferredRevenuePage,
    PopulationListing,
    PopulationPage,
    RollForwardPage,
    TieOutPage,
    WaterfallListing,
    WaterfallPage,
)
from daybook_web.reports.roll_forward import RollForwardView, roll_forward_body
from daybook_web.reports.tie_out import TieOutView, tie_out_body
from daybook_web.reports.waterfall import WaterfallView, waterfall_body


@dataclass(frozen=True, slots=True)
class ReportKind:
    """A report's page.

    `found` is the field of the operation's result that holds the report; `body` is made
    of the address, that field, and the same field of a result with totals, which may be
    None. `parties` gives the customers and products that its rows name.
    """

    report: Report
    operation: type[Any]
    found: str
    variables: Callable[[Address], dict[str, Any]]
    body: Callable[[Address, Any, Any], Any]
    view: Callable[[str, Frame, Any], View]
    parties: Callable[[Any], Iterable[tuple[str, Party | None]]] = lambda _found: ()
    ties: Callable[[Any], Sequence[TieLine]] = lambda found: ties_of(found.ties)


def _ledger_variables(address: Address) -> dict[str, Any]:
    return {
        "ledgerId": address.ledger_id(),
        "asOf": address["as_of"] or None,
        "on": address["on"] or None,
    }


def _variables(address: Address) -> dict[str, Any]:
    return {**_ledger_variables(address), "filter": address.filter_variables()}


def _deferred_variables(address: Address) -> dict[str, Any]:
    return {**_variables(address), "openOnly": bool(address["open_only"])}


def _waterfall_variables(address: Address) -> dict[str, Any]:
    return {**_variables(address), "apart": bool(address["apart"])}


def _roll_forward_variables(address: Address) -> dict[str, Any]:
    return {
        **_variables(address),
        "account": address["account"],
        "from": month_start(address["from"]) if address["from"] else None,
    }


def _population_variables(address: Address) -> dict[str, Any]:
    def between(first: str, last: str) -> dict[str, str | None] | None:
        days = {"from": address[first] or None, "to": address[last] or None}
        return days if any(days.values()) else None

    return {
        "ledgerId": address.ledger_id(),
        "asOf": address["as_of"] or None,
        "filter": {
            **address.filter_variables(),
            "posted": between("from", "to"),
            "recorded": between("recorded_from", "recorded_to"),
            "flags": list(address.flags) or None,
            "author": address["author"] or None,
        },
    }


def _deferred_parties(found: DeferredListing) -> Iterable[tuple[str, Party | None]]:
    for edge in found.edges:
        for row in edge.node.rows:
            yield "customer", row.customer
            yield "product", row.product


def _waterfall_parties(found: WaterfallListing) -> Iterable[tuple[str, Party | None]]:
    for edge in found.edges:
        yield "customer", edge.node.customer
        yield from (("product", product.product) for product in edge.node.products)


def _entry_parties(found: PopulationListing) -> Iterable[tuple[str, Party | None]]:
    for edge in found.edges:
        yield "customer", edge.node.customer
        yield "product", edge.node.product


KINDS = (
    ReportKind(
        DEFERRED,
        DeferredRevenuePage,
        "deferred_revenue",
        _deferred_variables,
        deferred_body,
        DeferredRevenueView,
        _deferred_parties,
    ),
    ReportKind(
        WATERFALL,
        WaterfallPage,
        "waterfall",
        _waterfall_variables,
        waterfall_body,
        WaterfallView,
        _waterfall_parties,
    ),
    ReportKind(
        COHORTS,
        CohortsPage,
        "cohorts",
        _variables,
        lambda address, found, _sums: cohorts_body(address, found),
        CohortsView,
    ),
    ReportKind(
        ROLL_FORWARD,
        RollForwardPage,
        "roll_forward",
        _roll_forward_variables,
        lambda address, found, _sums: roll_forward_body(address, found),
        RollForwardView,
    ),
    ReportKind(
        TIE_OUT,
        TieOutPage,
        "tie_out",
        _ledger_variables,
        tie_out_body,
        TieOutView,
    ),
    ReportKind(
        POPULATION,
        PopulationPage,
        "population",
        _population_variables,
        population_body,
        PopulationView,
        _entry_parties,
        lambda found: ties_of(found.ties, found.count_ties),
    ),
)
