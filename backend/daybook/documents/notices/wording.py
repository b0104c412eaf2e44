"""Notices in words: a line for many of a code, and counts for log and trail. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from daybook.documents.named_documents import replacing
from daybook.errors import Notice, NoticeCode
from daybook.ledger.rules import SourceKind
from daybook.money import grouped_text

ALONE_MAX = 3
"""How many notices of a code have a line each; more share one line."""
SHOWN_MAX = 3
"""How many lines and values of a group are shown."""


class _Words(NamedTuple):
    """The words for a code: for one, for several, and the message of a group."""

    noun: str
    nouns: str
    message: str


_WORDS = {
    NoticeCode.NUMBER_IN_USE: _Words(
        *("number in use", "numbers in use"),
        "number {values} is also that of another document of its kind",
    ),
    NoticeCode.CREDIT_WITHOUT_INVOICE: _Words(
        *("credit without an invoice", "credits without an invoice"),
        "credit note {values} names no invoice, so it takes revenue at once,"
        " {amounts} in all; to credit an invoice instead, {way_out}",
    ),
    NoticeCode.SIMILAR_CUSTOMER: _Words(
        *("similar customer", "similar customers"),
        "customer {values} differs from another one only in case or spaces",
    ),
    NoticeCode.VOID_HERE: _Words(
        *("document void here only", "documents void here only"),
        "document {values} is void here and FINAL in the file, and stays void; void it"
        " where it comes from too, or send it under another id if it was voided by"
        " mistake",
    ),
    NoticeCode.REPEATED_ROW: _Words(
        *("repeated row", "repeated rows"),
        "document {values} has the same row twice, and each counts; if a row was pasted"
        " twice, remove it and send the file again",
    ),
    NoticeCode.FORMER_NAME: _Words(
        *("former name", "former names"),
        "customer gets a name back that it had before, {values}; send all of a"
        " customer's documents with one name",
    ),
}


def notices_in_words(counts: Mapping[str, int]) -> str:
    """`3 notices: 2 numbers in use, 1 similar customer`; counts are by code."""
    total = sum(counts.values())
    kinds = ", ".join(
        f"{counts[code]:,} {words.noun if counts[code] == 1 else words.nouns}"
        for code, words in _WORDS.items()
        if counts.get(code)
    )
    return f"{total:,} {'notice' if total == 1 else 'notices'}: {kinds}"


def way_to_link(*, is_dry_run: bool) -> str:
    """How a credit note without an invoice gets one."""
    if is_dry_run:
        return "give it invoice_id, and invoice_line_id in each line"
    # What is recorded without an invoice can't get one: a revision keeps it.
    return (
        f"{replacing(SourceKind.CREDIT_NOTE)}, with invoice_id, and invoice_line_id in"
        " each line"
    )


def notices_in_lines(
    notices: Sequence[Notice],
    counts: Mapping[NoticeCode, int],
    revenue_taken: Mapping[str, int],
    *,
    is_dry_run: bool,
) -> list[str]:
    """A line for each notice, or one for all of a code if there are many.

    `counts` also count notices that were not kept.
    """
    lines = []
    for code in NoticeCode:
        of_code = [notice for notice in notices if notice.code is code]
        if counts.get(code, 0) <= ALONE_MAX:
            outcome = f"the document {'would be' if is_dry_run else 'was'} recorded"
            lines += [notice.in_a_line(outcome) for notice in of_code]
        else:
            amounts = " and ".join(
                f"{grouped_text(amount, currency)} {currency}"
                for currency, amount in sorted(revenue_taken.items())
            )
            message = _WORDS[code].message.format(
                values=_some(notice.value for notice in of_code),
                amounts=amounts,
                way_out=way_to_link(is_dry_run=is_dry_run),
            )
            outcome = f"; the documents {'would be' if is_dry_run else 'were'} recorded"
            if not all(notice.is_taken for notice in of_code):
                outcome = ""
            where = _places(of_code)
            times = f"{counts[code]:,} times{where}"
            lines.append(f"{times}: {message}{outcome} [{code}]")
    return lines


def _places(notices: Iterable[Notice]) -> str:
    lines = [str(notice.line) for notice in notices if notice.line is not None]
    return f" (lines {_some(lines)})" if lines else ""


def _some(texts: Iterable[str]) -> str:
    """The first of some texts, each once: `2, 3, 5, …`."""
    each = list(dict.fromkeys(texts))
    more = ["…"] if len(each) > SHOWN_MAX else []
    return ", ".join(each[:SHOWN_MAX] + more)
