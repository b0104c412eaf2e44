"""Recipes: plain tuples of the arguments that checked documents will be made with.

A whole file is checked before anything of it is recorded. Until then its documents are
kept as recipes, which take a fraction of the time and the memory.
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
    SheetRows,
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
"""An ordinary line's id, amount, description, product, terms, and terms as sent.

A line with special terms is itself.
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
    SheetRows | None,
]
"""The fields of a document in order; lines, customer and problems are recipes too."""

# Documents of one file name the same customers and products again and again: sharing
# their values keeps many documents small in memory.
_customer = lru_cache(maxsize=65_536)(CustomerDetails)
_product = lru_cache(maxsize=65_536)(ProductDetails)


def document_from(recipe: Recipe) -> Document:
    """Make the document of a recipe."""
    kind, id_, number, currency, customer, issued_on, accounting_date = recipe[:7]
    return Document(
        kind,
        id_,
        number,
        currency,
        _customer(*customer),
        issued_on,
        accounting_date,
        tuple([line_from(line) for line in recipe[7]]),
        *recipe[8:14],
        tuple([Problem(*problem) for problem in recipe[14]]) if recipe[14] else (),
        recipe[15],
    )


def with_undated(recipe: Recipe, undated: Iterable[Problem]) -> Recipe:
    """The recipe with the problems of ledgers that refuse lines without dates."""
    kept = [
        (problem.code, problem.message, problem.path, problem.line)
        for problem in undated
    ]
    return (*recipe[:14], tuple(kept), recipe[15])


def with_rows(recipe: Recipe, rows: SheetRows) -> Recipe:
    """The recipe of a document whose rows are in a CSV file."""
    return (*recipe[:15], rows)


def line_from(recipe: LineRecipe) -> Line:
    """Make the line of a recipe."""
    if isinstance(recipe, Line):
        return recipe
    id_, amount, description, product, terms, sent = recipe
    return Line(id_, amount, description, _product(*product), Terms(*terms), sent=sent)
