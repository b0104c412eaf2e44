"""Tables of typed columns, written for spreadsheets and programs."""
