"""How a kind's columns are stored, and the statements that read them from text."""

from collections.abc import Mapping

from daybook.columnar.engine import named, quoted
from daybook.gl.kinds import Column, Form, Type

NUMBER_PATTERN = r"-?[0-9]+(\.[0-9]+)?"

EXPECTED: Mapping[Type, str] = {
    Type.INTEGER: "a whole number",
    Type.POSITION: "a whole number",
    Type.DECIMAL: "a decimal number of up to 4 places",
    Type.RATE: "a decimal number of up to 10 places",
    Type.DAY: "a date such as 2026-10-31",
    Type.MONTH: "a month such as 2026-10",
    Type.MOMENT: "a moment in UTC such as 2020-02-10T18:42:07.587",
    Type.LIST: 'a list such as [["id","Region","North"]]',
}

"""What a text should be that isn't a value of its column."""


def stored_types(form: Form, decimals: int) -> Mapping[str, str]:
    """The stored type of each column."""
    by_type = {
        Type.TEXT: "VARCHAR",
        Type.INTEGER: "BIGINT",
        Type.POSITION: "INTEGER",
        Type.AMOUNT: f"DECIMAL(18, {decimals})",
        Type.DECIMAL: "DECIMAL(18, 4)",
        Type.RATE: "DECIMAL(28, 10)",
        Type.DAY: "DATE",
        Type.MONTH: "VARCHAR",
        Type.MOMENT: "TIMESTAMP",
        Type.LIST: "VARCHAR",
    }
    return {column.name: by_type[column.type] for column in form.columns}


def typed(column: Column, stored: str) -> str:
    """A text as a value of its column; NULL where it is blank, but for texts."""
    text = named(column.name)
    if stored == "VARCHAR":
        return text
    if column.type is Type.MOMENT:
        text = f"replace({text}, ' UTC', '')"
    return f"TRY_CAST(nullif({text}, '') AS {stored})"


def is_wrong(column: Column, stored: str) -> str:
    """The condition under which a text isn't a value of its column; '' if none is."""
    text = named(column.name)
    is_missing = f"{text} = ''"
    if column.type is Type.TEXT:
        return is_missing if column.is_required else ""
    if column.type is Type.LIST:
        return f"NOT json_valid({text})"
    if column.type is Type.MONTH:
        is_bad = f"NOT regexp_full_match({text}, '[0-9]{{4}}-(0[1-9]|1[0-2])')"
    elif column.type in {Type.AMOUNT, Type.DECIMAL, Type.RATE, Type.INTEGER}:
        exact = f"TRY_CAST({text} AS DECIMAL(38, 12))"
        is_bad = (
            f"(NOT regexp_full_match({text}, {quoted(NUMBER_PATTERN)})"
            f" OR {exact} IS DISTINCT FROM TRY_CAST({text} AS {stored}))"
        )
    else:
        is_bad = f"{typed(column, stored)} IS NULL"
    is_bad = f"({text} <> '' AND {is_bad})"
    return f"({is_missing} OR {is_bad})" if column.is_required else is_bad
