"""The steps of a month's close that have most to say, a module each."""
