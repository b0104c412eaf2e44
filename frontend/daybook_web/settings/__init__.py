"""The pages of settings, and what they have in common."""
