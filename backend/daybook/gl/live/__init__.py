"""The live connection to Xero: signing in there, and fetching what is new."""
