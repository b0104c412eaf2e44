"""A function that a feature calls and a feature above it implements."""

from collections.abc import Awaitable, Callable
from typing import Generic, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class LateFunction(Generic[Arguments, Result]):
    """Calls its implementation, which is declared later.

    A document has journals, and a journal has a document. Journals import documents,
    and implement the function that reads a document's journals.
    """

    _function: Callable[Arguments, Awaitable[Result]]

    def implemented(
        self, function: Callable[Arguments, Awaitable[Result]]
    ) -> Callable[Arguments, Awaitable[Result]]:
        """Decorate the implementation."""
        self._function = function
        return function

    async def __call__(
        self, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Call it."""
        return await self._function(*args, **kwargs)
