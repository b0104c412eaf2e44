"""From files, or decoded JSON, to checked documents: all of it or nothing.

`files` is the way in. JSON goes line by line (`lines`, `json_lines`) through the form
that documents have (`json_form`, `json_fields`, `building`); CSV rows (`csv_form`,
`csv_rows`, `csv_columns`) are turned into that form by a `mapping` first, so there is
one rulebook. `problems` gathers what is wrong, `wording` says it in plain words.
"""

from daybook.documents.reading.files import (
    Reading,
    read_documents,
    read_file,
    read_stream,
)

__all__ = ["Reading", "read_documents", "read_file", "read_stream"]
