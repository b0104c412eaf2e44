"""What a file was made of and comes to, and the same file again."""
