"""Compiled statements, which all engines of a test process share.

SQLAlchemy compiles a statement once for each engine. A test opens several, each of one
of two dialects, and would spend a third of its time compiling the same statements.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

STATEMENTS_MAX = 5_000

_compiled: dict[type, LRUCache[Any, Any]] = {}
_types: dict[type, Any] = {}


def share_statements() -> None:
    """Let engines that are made from now on share what they compile, by dialect.

    The dialect is part of a compiled statement's key: those of a class are equal.
    """
    make_engine = Engine.__init__

    def make_sharing_engine(
        self: Engine,
        pool: Any,
        dialect: Any,
        url: Any,
        hide_parameters: bool = False,  # noqa: FBT001, FBT002  (SQLAlchemy looks for it)
        **kwargs: Any,
    ) -> None:
        make_engine(self, pool, dialect, url, hide_parameters=hide_parameters, **kwargs)
        kind = type(dialect)
        self._compiled_cache = _compiled.setdefault(kind, LRUCache(STATEMENTS_MAX))
        memos = dialect._type_memos  # noqa: SLF001  (it has no public name)
        dialect._type_memos = _types.setdefault(kind, memos)  # noqa: SLF001  (as above)

    Engine.__init__ = make_sharing_engine  # type: ignore[assignment, method-assign]  # it is made for all
    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]  # as above
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]  # as above


share_statements()
