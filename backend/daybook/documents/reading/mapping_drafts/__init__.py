"""Drafts of mapping files: what a sheet's header and cells tell, and what they don't.

`samples` reads the sheet, `column_names` knows what columns are usually called,
`drafting` decides field by field (`dates`, `amounts`, `words`, `parties`, `credits`),
and `texts` writes the decisions as TOML. What can't be known stays open, as a comment
that says what it needs: nothing is guessed that would read a value as another one.
"""

from daybook.documents.reading.mapping_drafts.draft import Draft
from daybook.documents.reading.mapping_drafts.drafting import draft_of
from daybook.documents.reading.mapping_drafts.samples import read_sample
from daybook.documents.reading.mapping_drafts.texts import toml_of

__all__ = ["Draft", "draft_of", "read_sample", "toml_of"]
