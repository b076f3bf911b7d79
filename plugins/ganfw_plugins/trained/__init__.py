"""Networks that others have trained, for components that look at pictures through them.

A library for the plugins beside it: it offers no component of its own.
"""
