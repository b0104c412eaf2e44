"""Groups of commands whose help is complete at any width of the terminal.

Typer's own tables cut long options to their column, and summaries to one line.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_group

from daybook.cli.running import Failed, writing
from daybook.loading import loading


class Commands(TyperGroup):
    """A group that lists each command with the whole first paragraph of its help."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands into the help."""
        found = [
            (name, self.get_command(ctx, name)) for name in self.list_commands(ctx)
        ]
        rows = [
            (name, _first_paragraph(command.help or ""))
            for name, command in found
            if command
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def is_for_subcommand(context: typer.Context) -> bool:
    """Whether a group only passes on to a subcommand, as `exports` to `exports post`.

    Raises Failed for options of the group before one, which would have no effect.
    """
    if context.invoked_subcommand is None:
        return False
    given = []
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name != "DEFAULT":
            given.append(parameter.opts[0])
    if given:
        options = ", ".join(given)
        raise Failed(
            f"{options}: goes without {context.invoked_subcommand}, which has options"
            " of its own"
        )
    return True


class Place(NamedTuple):
    """Where a command is: a module of `daybook.cli`, and the command's name in it.

    The name is that of a function, or of an application with commands of its own. One
    that `writes` gets the options of commands that record.
    """

    module: str
    name: str
    writes: bool = False


class LoadedCommands(Commands):
    """A group whose commands are loaded when they are run, or for its help."""

    places: ClassVar[Mapping[str, Place]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands, in the order of the help."""
        return [*self.places]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, loaded on first use; None if there is none."""
        if cmd_name in self.places and cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name, self.places[cmd_name])
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: Any, args: list[str]
    ) -> tuple[str | None, Any, list[str]]:
        """The command that is called; a similar one is named if there is none."""
        if args[0] not in self.places:
            for name in self.places:  # typer looks for similar ones among the loaded
                self.get_command(ctx, name)
        return super().resolve_command(ctx, args)


def _load(name: str, place: Place) -> Any:
    """A command, as typer makes it of an application that has no other."""
    with loading():
        # What a command writes is audited by the tables, also by those it doesn't use.
        import_module("daybook.tables")
        module = import_module(f"daybook.cli.{place.module}")
    found = getattr(module, place.name)
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(writing(found) if place.writes else found)
    alone.callback()(lambda: None)
    return get_group(alone).commands[name]


def _first_paragraph(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())
