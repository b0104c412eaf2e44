"""A function that one feature calls and another, which imports it, gives."""

from collections.abc import Awaitable, Callable
from typing import Generic, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class LateFunction(Generic[Arguments, Result]):
    """Calls the function that was given: two types may name each other.

    A document has journals and a journal has a document. Journals import documents, and
    give them the function that reads a document's journals.
    """

    _function: Callable[Arguments, Awaitable[Result]]

    def given(
        self, function: Callable[Arguments, Awaitable[Result]]
    ) -> Callable[Arguments, Awaitable[Result]]:
        """Decorate the function to call."""
        self._function = function
        return function

    async def __call__(
        self, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Call it."""
        return await self._function(*args, **kwargs)
