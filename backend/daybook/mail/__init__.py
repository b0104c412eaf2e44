"""Mail to people: what messages say, who gets them, when, and how they are sent.

A message is a row of the outbox until a mail server takes it. What it says is rendered
when it is sent: the row names only its kind, its subject and its recipient.
"""
