"""Laws of reading: it never fails but by refusing, and equal content is equal."""

import io
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.calendar import FIRST_DAY, LAST_DAY, day_text
from daybook.documents.reading import Reading, read_documents, read_stream
from daybook.documents.reading.json_fields import Frequency
from daybook.errors import Problem, Rejected
from daybook.money import amount_text
from daybook.recognition.allocation import Strategy
from daybook_services.faults import examples

ids = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
days = st.integers(FIRST_DAY, LAST_DAY)
amounts = st.integers(-(10**12), 10**12)
optional_names = st.none() | ids


@st.composite
def sold_lines(draw: st.DrawFn, line_id: str = "1") -> dict[str, Any]:
    first, last = sorted((draw(days), draw(days)))
    method = draw(st.sampled_from(["STRAIGHT_LINE", "POINT_IN_TIME", None]))
    return {
        "id": line_id,
        "product": {
            "id": draw(ids),
            "name": draw(ids),
            "category": draw(optional_names),
        },
        "description": draw(optional_names),
        "amount": amount_text(draw(amounts), "USD"),
        "service_from": day_text(first),
        "service_to": day_text(last),
        "timing": draw(st.sampled_from(["IN_ADVANCE", "IN_ARREARS", None])),
        "method": method,
        "strategy": draw(st.sampled_from([*Strategy.__members__, None])),
        "group": None,
        "classification": "EARNED",
        "recognized_on": None,
    }


@st.composite
def special_lines(draw: st.DrawFn, line_id: str = "1") -> dict[str, Any]:
    """A line with dated usage, with milestones, or of a credit grant."""
    line: dict[str, Any] = {**draw(sold_lines(line_id)), "strategy": None}
    cents = draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=4))
    line["amount"] = amount_text(sum(cents), "USD")
    amounts = [amount_text(amount, "USD") for amount in cents]
    kind = draw(st.sampled_from(["usage", "milestones", "grant"]))
    if kind == "usage":
        ends = st.sampled_from([line["service_from"], line["service_to"]])
        line["usage"] = [{"day": draw(ends), "amount": amount} for amount in amounts]
        line["method"] = "USAGE"
    elif kind == "milestones":
        line["method"] = "MILESTONE"
        line["milestones"] = [
            {"id": f"m{at}", "name": draw(ids), "amount": one}
            | draw(st.sampled_from([{}, {"completed_on": "2025-01-31"}]))
            for at, one in enumerate(amounts)
        ]
    else:
        line["classification"] = "PREPAYMENT"
        line["credit_grant"] = {"id": line_id, "expires_on": draw(st.just(None))}
    return line


@st.composite
def invoices(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(1, 3))
    lines = [
        draw(sold_lines(str(number)) | special_lines(str(number)))
        for number in range(count)
    ]
    leading = lines[0]
    if leading["classification"] == "EARNED" and draw(st.booleans()):
        # Of the leading line's sign, so that dated parts go the way of the net.
        amount = "-0.07" if leading["amount"].startswith("-") else "0.07"
        if leading["amount"] != "0.00":
            member = {"id": "member", "product": leading["product"], "amount": amount}
            lines.append({**member, "group": leading["id"]})
    return {
        "type": "invoice",
        "id": draw(ids),
        "number": draw(optional_names),
        "status": draw(st.sampled_from(["FINAL", "DRAFT"])),
        "currency": "USD",
        "customer": {
            "id": draw(ids),
            "name": draw(ids),
            "legal_name": draw(optional_names),
        },
        "issued_on": day_text(draw(days)),
        "accounting_date": draw(st.none() | days.map(day_text)),
        "discount": "0.00",
        "lines": lines,
    }


@st.composite
def billing_schedules(draw: st.DrawFn) -> dict[str, Any]:
    line = draw(sold_lines())
    return {
        "type": "billing_schedule",
        "id": draw(ids),
        "status": "ACTIVE",
        "currency": "USD",
        "customer": {"id": draw(ids), "name": draw(ids)},
        "product": line["product"],
        "frequency": draw(st.sampled_from([*Frequency.__members__])),
        "price": "1.00",
        "service_from": line["service_from"],
        "service_to": line["service_to"],
        "cancelled_on": draw(st.sampled_from([None, line["service_to"]])),
    }


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["invoice", "credit_note", "USD", "2025-01-31", "1.00", "FINAL"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=12), inner, max_size=3)
    ),
    max_leaves=6,
)


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys or indexes."""
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    else:
        return []
    inner = [place for key in keys for place in places_in(value[key])]
    return [(value, key) for key in keys] + inner


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same value with the fields of each object in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(inner, chance)) for key, inner in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return [shuffled(inner, chance) for inner in value]
    return value


def without_nulls(value: Any) -> Any:
    """The same value with its empty fields left out."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def problems_of(read: Callable[[], Reading]) -> Sequence[Problem]:
    """What is refused, nothing where it is taken; any other error is a failure."""
    try:
        read()
    except Rejected as rejected:
        return rejected.problems
    return []


@given(invoices(), st.randoms(use_true_random=False))
def test_equal_content_is_an_equal_document_with_an_equal_hash(
    value: dict[str, Any], chance: random.Random
) -> None:
    other = {**shuffled(without_nulls(value), chance), "status": "FINAL"}
    text = json.dumps(other, indent=None, separators=(" , ", " : ")).encode()

    (document,) = read_documents([{**value, "status": "FINAL"}]).documents
    (again,) = read_stream(io.BytesIO(text), None, bytes_max=10**6).documents

    assert again == document
    assert again.content_hash() == document.content_hash()


@given(st.lists(invoices(), max_size=4, unique_by=lambda one: one["id"]))
def test_final_documents_keep_their_order_and_drafts_are_counted(
    values: list[dict[str, Any]],
) -> None:
    reading = read_documents(values)

    final = [value["id"] for value in values if value["status"] == "FINAL"]
    assert [document.id for document in reading.documents] == final
    assert reading.drafts == len(values) - len(final)


@given(
    invoices() | billing_schedules(),
    anything,
    st.sampled_from(["put", "drop", "add"]),
    st.integers(0, 10**6),
)
@settings(max_examples=examples(150))
def test_a_mutilated_document_is_taken_or_refused_and_nothing_else(
    value: dict[str, Any], other: Any, how: str, where: int
) -> None:
    container, key = places_in(value)[where % len(places_in(value))]
    if how == "drop":
        del container[key]
    elif how == "put" or isinstance(container, list):
        container[key] = other
    else:
        container["added"] = other

    problems = problems_of(lambda: read_documents([value]))

    assert all(problem.path[0] == "0" for problem in problems)
    assert not any("Input should" in problem.message for problem in problems)
    assert problems or "added" not in value


@given(anything)
def test_any_value_is_taken_or_refused_and_nothing_else(value: Any) -> None:
    form = {"type": value, "lines": value, "currency": value}

    problems = problems_of(lambda: read_documents([value, form]))

    assert {problem.path[0] for problem in problems} == {"0", "1"}


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_and_nothing_else(raw: bytes) -> None:
    assert problems_of(lambda: read_stream(io.BytesIO(raw), None, bytes_max=1_000))


@given(invoices(), st.integers(0, 10**6), st.binary(min_size=1, max_size=4))
def test_a_damaged_file_is_taken_or_refused_and_nothing_else(
    value: dict[str, Any], where: int, noise: bytes
) -> None:
    raw = json.dumps(value, ensure_ascii=False).encode()
    cut = where % len(raw)

    damaged = io.BytesIO(raw[:cut] + noise + raw[cut + 1 :])

    problems = problems_of(lambda: read_stream(damaged, None, bytes_max=10**6))

    assert {problem.line for problem in problems} <= {None, 1, 2, 3, 4, 5}
