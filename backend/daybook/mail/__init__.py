"""Mail to people: what is written, to whom, when, and by which way it goes.

A message is a row of the outbox until a mail server takes it. What it says is rendered
when it is sent: the row names only its kind, its subject and its recipient.
"""
