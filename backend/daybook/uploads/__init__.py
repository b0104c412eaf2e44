"""Files that are sent to be imported: a row and a file each, for a day."""
