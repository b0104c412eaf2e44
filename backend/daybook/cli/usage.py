"""A wrong option or argument in one line, which names the help of its command."""

import re

import typer

_VALUE = re.compile(r"Invalid value for (.+?): (.+)")


def is_help(error: typer.TyperException) -> bool:
    """Whether this is a group's help, which is shown if no command is named."""
    return error.format_message().startswith("Usage: ")


def usage_words(error: typer.TyperException, path: str) -> str:
    """What is wrong with the words of a command, and where its help is.

    `path` is what the command is called, for errors that don't know it.
    """
    # A value is shown as it was given, and may have lines of its own.
    message = " ".join(error.format_message().split())
    near = getattr(error, "possibilities", None)
    if near:
        message = f"{error.message}; did you mean {' or '.join(sorted(near))}?"
    value = _VALUE.fullmatch(message)
    if value is not None:
        message = f"{value[1].replace(chr(39), '')}: {value[2]}"
    else:
        message = f"{message[:1].lower()}{message[1:]}"
    message = message.replace("Input should be", "must be")
    message = message.partition(", unable to parse")[0]
    context = getattr(error, "ctx", None)
    called = path if context is None else context.command_path
    return f"{message.removesuffix('.')} ({called} --help)"
