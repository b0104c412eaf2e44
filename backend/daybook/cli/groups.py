"""Groups of commands, whose help is whole at any width of the terminal.

Typer's own tables cut long options to their columns, and what commands do to a line.
"""

from typing import Any

from typer.core import TyperGroup


class Commands(TyperGroup):
    """A group that lists each command with all of its first sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands into the help."""
        found = [
            (name, self.get_command(ctx, name)) for name in self.list_commands(ctx)
        ]
        rows = [(name, _first_sentence(one.help or "")) for name, one in found if one]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _first_sentence(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())
