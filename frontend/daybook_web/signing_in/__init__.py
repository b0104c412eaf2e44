"""Signing in and out, and invitations."""
