"""Four eyes: changes that one person requested and another decides about."""
