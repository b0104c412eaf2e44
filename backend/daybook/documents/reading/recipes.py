"""Checked documents before they are made: plain tuples, cheap to keep and to store.

A file is checked whole before anything of it is recorded. Until then its documents are
kept as what they will be made of, which takes a fraction of the time and the room.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

from daybook.calendar import Day
from daybook.documents.rules import (
    CustomerDetails,
    Document,
    DocumentStatus,
    Line,
    ProductDetails,
)
from daybook.errors import Problem, ProblemCode
from daybook.ledger.rules import SourceKind
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method, Terms, Timing, Treatment

TermsRecipe: TypeAlias = tuple[
    int, Method, Timing, Strategy, Day | None, Day | None, Day | None
]
"""The arguments of an ordinary line's terms."""

LineRecipe: TypeAlias = (
    tuple[
        str,
        int,
        str | None,
        tuple[str, str, str | None],
        TermsRecipe,
        tuple[object, ...],
    ]
    | Line
)
"""An ordinary line's id, amount, description, product, terms, and what was sent.

A line that is not ordinary is there as it is.
"""

ProblemRecipe: TypeAlias = tuple[ProblemCode, str, tuple[str, ...], int | None]
"""The arguments of a problem."""

Recipe: TypeAlias = tuple[
    SourceKind,
    str,
    str,
    str,
    tuple[str, str, str],
    Day,
    Day,
    list[LineRecipe],
    str | None,
    str | None,
    int,
    Treatment,
    DocumentStatus,
    int | None,
    tuple[ProblemRecipe, ...],
]
"""The fields of a document in their order; what has fields of its own as a recipe."""

# Documents of one file name the same customers and products again and again: one value
# each, instead of one a line, keeps many documents small in memory.
_customer = lru_cache(maxsize=65_536)(CustomerDetails)
_product = lru_cache(maxsize=65_536)(ProductDetails)


def document_from(recipe: Recipe) -> Document:
    """Make the document."""
    kind, id_, number, currency, customer, issued_on, accounting_date = recipe[:7]
    return Document(
        kind,
        id_,
        number,
        currency,
        _customer(*customer),
        issued_on,
        accounting_date,
        tuple([line_from(one) for one in recipe[7]]),
        *recipe[8:14],
        tuple([Problem(*one) for one in recipe[14]]) if recipe[14] else (),
    )


def with_undated(recipe: Recipe, undated: Iterable[Problem]) -> Recipe:
    """The same recipe, keeping what is wrong where lines without dates are refused."""
    kept = [(one.code, one.message, one.path, one.line) for one in undated]
    return (*recipe[:14], tuple(kept))


def line_from(recipe: LineRecipe) -> Line:
    """Make a line."""
    if isinstance(recipe, Line):
        return recipe
    id_, amount, description, product, terms, sent = recipe
    return Line(id_, amount, description, _product(*product), Terms(*terms), sent=sent)
