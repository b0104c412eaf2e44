"""What changed since a recorded file."""
