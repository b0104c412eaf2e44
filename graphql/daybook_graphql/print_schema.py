"""`python -m daybook_graphql.print_schema`: the schema as text, for schema.graphql."""

from daybook_graphql.schema import schema


def schema_text() -> str:
    """The schema in its definition language, as graphql/schema.graphql holds it."""
    return f"{schema.as_str()}\n"


if __name__ == "__main__":
    print(schema_text(), end="")  # noqa: T201  (that is what it is for)
