"""The page of saved filters: all of them, and what is done with one."""
