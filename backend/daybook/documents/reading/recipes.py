"""Checked documents before they are made: plain tuples, cheap to keep and to store.

A file is checked whole before anything of it is recorded. Until then its documents are
kept as what they will be made of, which takes a fraction of the time and the room.
"""

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
from daybook.errors import Problem
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
    tuple[Problem, ...],
]
"""The fields of a document in their order, its customer's and its lines' as recipes."""

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
        *recipe[8:],
    )


def line_from(recipe: LineRecipe) -> Line:
    """Make a line."""
    if isinstance(recipe, Line):
        return recipe
    id_, amount, description, product, terms, sent = recipe
    return Line(id_, amount, description, _product(*product), Terms(*terms), sent=sent)
