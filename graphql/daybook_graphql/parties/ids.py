"""The ids of customers and products."""

from typing import NamedTuple

from daybook_graphql.kit.ids import node_id, read_external_id

CUSTOMER, PRODUCT = "Customer:", "Product:"
"""How the texts of ids begin."""


@node_id(
    *("Customer", read_external_id),
    found_by="`{ customers { nodes { id externalId } } }` lists them",
)
class CustomerId(NamedTuple):
    """A customer, by the sender's own id."""

    external_id: str

    def __str__(self) -> str:
        return CUSTOMER + self.external_id


@node_id(
    *("Product", read_external_id),
    found_by="`{ products { nodes { id externalId } } }` lists them",
)
class ProductId(NamedTuple):
    """A product, by the sender's own id."""

    external_id: str

    def __str__(self) -> str:
        return PRODUCT + self.external_id
