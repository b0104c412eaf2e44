"""The pages' handlers: one file per group of pages."""
