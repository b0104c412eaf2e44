"""The waterfall: when what is deferred will be recognized, and cohorts by month."""
