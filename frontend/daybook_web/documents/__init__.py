"""Documents: their list, and the page of one with its milestones and its void."""
