"""Documents that keep another method than their product's, before a lock or a file.

The step of the close is done with them, so it names them, and so do both pages.
"""

import pytest
from sqlalchemy import URL

from daybook.documents.rules import Document
from daybook_factories import invoice, line, terms
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_offices import Office, office_of
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

CLOSE = "/close?currency=USD&month=2025-10"
LOCK = "/close/lock?currency=USD&month=2025-10"
EXPORT = "/exports/new?currency=USD&format=sequence&month=2025-10"
QUARTER = ("2025-10-01", "2025-12-31")
WORDS = "Recorded as straight line, and Platform is point in time now: send "


@pytest.fixture
def url(new_database: NewDatabase) -> URL:
    """The database of a test."""
    return new_database()


def invoices(number: int) -> list[Document]:
    day = "2025-10-05"
    sold = line(its_terms=terms("100.00", QUARTER, accounting_date=day))
    return [
        invoice(f"inv_{at}", sold, accounting_date=day) for at in range(1, number + 1)
    ]


def set_method(office: Office) -> None:
    """Platform gets a method of its own."""
    office.bob.post(
        "/settings?currency=USD",
        form="product",
        sold="prod_1",
        sold_method="POINT_IN_TIME",
    )


def test_the_only_one_is_named_and_linked(url: URL) -> None:
    with office_of(url, *invoices(1)) as office:
        set_method(office)

        step = office.vic.get(CLOSE).one("ol").all("li")[1]

        assert step.one("h3").text == (
            "Done: Every product has a method, Invoice INV_1 keeps another"
        )
        assert step.one("p").text == (
            "Every product of the month has a method; INV_1 was recorded by another."
        )
        page = f"/documents/{encode(InvoiceId('inv_1'))}"
        assert step.links()["Invoice INV_1"].startswith(page)

        for place in (LOCK, EXPORT):
            shown = office.bob.get(place)
            assert "1 document keeps another method than the product's" in shown.text
            assert f"{WORDS}INV_1 again" in shown.text
            assert shown.links()["Invoice INV_1"].startswith(page)


def test_of_several_the_first_are_named(url: URL) -> None:
    with office_of(url, *invoices(5)) as office:
        set_method(office)

        step = office.vic.get(CLOSE).one("ol").all("li")[1]

        assert step.one("h3").text == (
            "Done: Every product has a method, 5 documents keep another"
        )
        assert step.one("p").text == (
            "Every product of the month has a method; 5 documents were recorded by"
            " another: INV_1, INV_2, INV_3 and 2 more."
        )
        assert step.links() == {"5 documents": "#check-other_product_method"}
        notice = office.bob.get(LOCK).one(class_="lock-notice", id="other-methods")
        assert notice.one("h3").text == (
            "5 documents keep another method than the product's"
        )
        assert list(notice.links()) == [
            "Invoice INV_1",
            "Invoice INV_2",
            "Invoice INV_3",
        ]
        assert notice.all("li")[-1].text == "and 2 more"


def test_without_one_nothing_is_said(url: URL) -> None:
    with office_of(url, *invoices(1)) as office:
        for place in (LOCK, EXPORT):
            assert "another method than the product's" not in office.bob.get(place).text
