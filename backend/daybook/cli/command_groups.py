"""Groups of commands whose help is complete at any width of the terminal.

Typer's own tables cut long options to their column, and summaries to one line.
"""

from typing import Any

from typer.core import TyperGroup


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


def _first_paragraph(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())
