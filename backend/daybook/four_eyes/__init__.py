"""Four eyes: whether another person approves, and the changes that wait for one."""
