"""Templates that render in less time, by internals of Jinja.

A page has thousands of values, of which each is escaped into a `Markup` that is joined
with others at once: here, a text is escaped into a text. Attributes are read by Python,
and by Jinja only where an object has none of that name. Macros that a template names
are called without looking for what else they could be, or what else they could take.

Private names, of Jinja: `CodeGenerator._output_child_pre`, `Macro._func` and
`Macro._argument_count`, that Jinja's compiler writes `escape`, `context`, `environment`
and `missing` into a template's code; of MarkupSafe: `_escape_inner`. With
`DAYBOOK_FAST=no`, Jinja's own classes render the same pages.
"""
# ruff: noqa: SLF001  (this module is the door to what Jinja keeps to itself)
# ruff: noqa: N802, FBT001, FBT002  (names and signatures are Jinja's)

from typing import Any

from jinja2 import Environment
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Call, Expr, FromImport, Getattr, Name, Template
from jinja2.nodes import Macro as MacroNode
from jinja2.runtime import Context, Macro
from jinja2.utils import missing
from markupsafe import (  # type: ignore[attr-defined]  # one name is private
    Markup,
    _escape_inner,
    escape,
)

from daybook.settings import is_fast

PINNED = {"jinja2": "3.1.6", "markupsafe": "3.0.4"}
"""The versions that the names were checked with: a test fails for others."""

QUICK_ESCAPE = "quick_escape"
"""The global of templates that escapes."""


class QuickContext(Context):
    """A context that calls macros at once."""

    def call_macro(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call something that is called as a macro of the template, as Jinja does."""
        if type(called) is not Macro:
            return self.call(called, *args, **kwargs)
        lacking = called._argument_count - len(args)
        is_plain = not (kwargs or called.caller or called.catch_kwargs)
        if is_plain and lacking >= 0 and self.eval_ctx.autoescape:
            html = called._func(*args, *(missing,) * lacking)
            return str.__new__(Markup, html)  # what Markup itself does, after a look
        return called(self.eval_ctx, *args, **kwargs)


class QuickCode(CodeGenerator):
    """Code of templates that escapes texts into texts, and calls macros at once."""

    def visit_Template(self, node: Template, frame: Frame | None = None) -> None:
        """Write a template's code, knowing which macros it defines or imports."""
        self._macros = {macro.name for macro in node.find_all(MacroNode)}
        for imported in node.find_all(FromImport):
            self._macros |= {
                name if isinstance(name, str) else name[1] for name in imported.names
            }
        super().visit_Template(node, frame)

    def visit_Call(
        self, node: Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        """Write a call."""
        named = node.node
        is_macro = isinstance(named, Name) and named.name in self._macros
        if forward_caller or not is_macro:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.write("context.call_macro(")
        self.visit(named, frame)
        self.signature(node, frame)
        self.write(")")

    def visit_Getattr(self, node: Getattr, frame: Frame) -> None:
        """Write the reading of an attribute."""
        self.write("(its if (its := getattr((of := ")
        self.visit(node.node, frame)
        self.write(f"), {node.attr!r}, missing)) is not missing")
        self.write(f" else environment.getattr(of, {node.attr!r}))")

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write(f"environment.{QUICK_ESCAPE}(")


class QuickEnvironment(Environment):
    """An environment of such templates."""

    context_class = QuickContext
    code_generator_class = QuickCode

    @staticmethod
    def quick_escape(value: Any) -> str:
        """A value as HTML; what is HTML already stays as it is."""
        kind = type(value)
        if kind is str:
            return _escape_inner(value)
        return value if kind is Markup else escape(value)


def environment_class() -> type[Environment]:
    """The class of the pages' environment."""
    return QuickEnvironment if is_fast() else Environment
