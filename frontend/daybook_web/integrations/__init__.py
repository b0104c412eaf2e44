"""The page of the systems that files are made for, and of mapped accounts."""
