"""Customers and products of a sheet, which mostly has their names alone."""

from collections import defaultdict

from daybook.documents.reading.mapping_drafts.draft import (
    Draft,
    Entry,
    quoted_toml,
    some,
)
from daybook.folding import folded

_LISTED_MAX = 20


def draft_customers(draft: Draft) -> None:
    """Add a customer's id and name; each stands in for the other."""
    id_, name = draft.fields.get("customer.id"), draft.fields.get("customer.name")
    if id_ is None and name is None:
        comment = "which column has the customer?"
        for key in ("customer.id", "customer.name"):
            draft.add("columns", Entry(key, '"…"', comment, is_open=True))
        return
    _draft_ids(draft, "customer", id_, name)
    _draft_names(draft, ("customer.name", "customer.legal_name"), id_, name)


def draft_products(draft: Draft) -> None:
    """Add a product's id and name, or one product for all rows."""
    id_, name = draft.fields.get("product.id"), draft.fields.get("product.name")
    if id_ is None and name is None:
        comment = "no column has the product: all rows have this one"
        draft.add("defaults", Entry("product.id", '"services"', comment))
        draft.add("defaults", Entry("product.name", '"Services"'))
        return
    _draft_ids(draft, "product", id_, name)
    _draft_names(draft, ("product.name", "product.category"), id_, name)


def draft_undated_products(draft: Draft, are_credits: list[bool]) -> None:
    """Say when revenue of rows without a service period is earned."""
    if "method" in draft.fields:
        return
    if "service_from" not in draft.fields or "service_to" not in draft.fields:
        comment = (
            "no columns have a service period: revenue is earned when it is billed"
        )
        draft.add("defaults", Entry("method", '"POINT_IN_TIME"', comment))
        return
    undated, dated = _rows_by_product(draft, are_credits)
    only_undated = [product for product in undated if product not in dated]
    for product in only_undated[:_LISTED_MAX]:
        if product:
            table = f"products.{quoted_toml(product)}"
            comment = "has no service period in any row"
            draft.add(table, Entry("method", '"POINT_IN_TIME"', comment))
    both = [
        line
        for product, lines in undated.items()
        if product in dated or not product or product in only_undated[_LISTED_MAX:]
        for line in lines
    ]
    if both:
        both.sort()
        lines = draft.on_lines(both, "without a service period")
        draft.notes.append(
            f"Without a service period though their product has one: {lines}."
            " Fill it in, or let them be earned when billed:"
            " daybook settings --undated-lines ACCOUNTING_DATE"
        )


def _rows_by_product(
    draft: Draft, are_credits: list[bool]
) -> tuple[dict[str, list[int]], set[str]]:
    """The lines of rows without a period by product, and the products that have one."""
    undated: dict[str, list[int]] = defaultdict(list)
    dated = set()
    is_by_name = "product.id" not in draft.fields
    products = draft.cells("product.name" if is_by_name else "product.id")
    rows = zip(
        draft.sample.lines,
        products,
        draft.cells("service_from"),
        draft.cells("service_to"),
        are_credits,
        strict=True,
    )
    for line, cell, first, last, is_credit in rows:
        product = folded(cell) if is_by_name else cell
        if first or last:
            dated.add(product)
        elif not is_credit:
            undated[product].append(line)
    return undated, dated


def _draft_ids(draft: Draft, party: str, id_: str | None, name: str | None) -> None:
    """Add the id: a column of ids, or names without differences of case and spaces."""
    if id_ is not None:
        draft.add("columns", Entry(f"{party}.id", quoted_toml(id_)))
        return
    assert name is not None, "one of the two is there"
    spellings: dict[str, list[str]] = defaultdict(list)
    for text in draft.sample.texts(name):
        spellings[folded(text)].append(text)
    several = next((texts for texts in spellings.values() if len(texts) > 1), None)
    comment = f"one {party}: {some(several)}" if several else ""
    value = f"{{ column = {quoted_toml(name)}, fold = true }}"
    draft.add("columns", Entry(f"{party}.id", value, comment))


def _draft_names(
    draft: Draft, fields: tuple[str, str], id_: str | None, name: str | None
) -> None:
    """Add the name, which is the id where the row has none, and the second name."""
    first, second = fields
    shown = quoted_toml(name or id_ or "")
    if name is not None and id_ is not None:
        shown = f"{{ column = {shown}, otherwise = {quoted_toml(id_)} }}"
    draft.add("columns", Entry(first, shown))
    if second in draft.fields:
        draft.add("columns", Entry(second, quoted_toml(draft.fields[second])))
