"""Documents, and the mutations that record and change them."""
