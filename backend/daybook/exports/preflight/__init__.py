"""What is known of a file before it is made, and what its target would not take."""
