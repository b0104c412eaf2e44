"""What an input is for: all lines, or those of a product or of a category."""

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import category_scope, product_scope
from daybook_graphql.kit.ids import expect
from daybook_graphql.parties.ids import ProductId


def named_scope(product_id: str | None, category: str | None) -> str:
    """The scope of `productId` or `category`, or empty; raises Rejected for both."""
    if product_id is not None and category is not None:
        message = "give productId or category, not both"
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("category",))])
    if category is not None:
        return category_scope(category)
    if product_id is None:
        return ""
    return product_scope(expect(product_id, ProductId, "input.productId").external_id)
