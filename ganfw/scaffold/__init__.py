"""A new plugin: a whole package, working, to be edited."""
