"""Where files of exports lie."""
