"""Evidence of a document or a lock: its files, sending one, and removing one."""
