"""The type of saved filters, and the inputs and payloads of their mutations."""

import strawberry

from daybook.access.rules import Caller
from daybook.saved_filters.models import SavedFilter as StoredFilter
from daybook.saved_filters.queries import SeenFilter
from daybook.saved_filters.rules import SHARED
from daybook.saved_filters.rules import FilteredPage as StoredPage
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.permissions import CLOSE
from daybook_graphql.kit.user_errors import UserError
from daybook_graphql.saved_filters.enums import FilteredPage
from daybook_graphql.saved_filters.ids import SavedFilterId

ERRORS = "What is wrong with the input; then nothing was changed."
WHICH = "Which filter."
field = strawberry.field


@strawberry.type(
    description="A filter of a page under a name: the reader's own, or shared with the"
    " organisation."
)
class SavedFilter(Node):
    page: FilteredPage = field(description="The page that it filters.")
    name: str = field(description="Its name, unique among its owner's of the page.")
    query: str = field(
        description="What it adds to the page's address, such as"
        " `source=CREDIT_NOTE&voided=yes`; neither ledger, month nor last day."
    )
    is_shared: bool = field(description="Whether everybody in the organisation has it.")
    can_change: bool = field(
        description="Whether the reader may rename, replace and delete it."
    )


@strawberry.input(description="A filter to save.")
class SaveFilterInput:
    page: FilteredPage = field(description="The page that it filters.")
    name: str = field(description="Its name: one line of up to 60 characters.")
    query: str = field(
        description="The filters of the page's address, such as"
        " `source=CREDIT_NOTE&voided=yes`, 2,000 bytes at most."
    )
    is_shared: bool = field(
        default=False,
        description="Whether everybody in the organisation has it, which needs the"
        " permission CLOSE.",
    )
    replaces: bool = field(
        default=False,
        description="Whether it takes the place of another filter with its name.",
    )


@strawberry.input(description="A filter with another name.")
class RenameFilterInput:
    filter_id: strawberry.ID = field(description=WHICH)
    name: str = field(description="Its new name.")


@strawberry.input(description="A filter to delete.")
class DeleteFilterInput:
    filter_id: strawberry.ID = field(description=WHICH)


@strawberry.type(description="A filter that was saved.")
class SavedFilterPayload:
    filter: SavedFilter | None = field(description="The filter; null with an error.")
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.type(description="A filter that is no more.")
class DeleteFilterPayload:
    user_errors: list[UserError] = field(description=ERRORS)


def filter_of(row: StoredFilter | SeenFilter, caller: Caller) -> SavedFilter:
    """A stored filter as the schema shows it to somebody."""
    is_shared = row.owner == SHARED
    return SavedFilter(
        node_id=SavedFilterId(row.number),
        page=FilteredPage(StoredPage(row.page)),
        name=row.name,
        query=row.query,
        is_shared=is_shared,
        can_change=not is_shared or caller.may(CLOSE),
    )
