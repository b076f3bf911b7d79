"""Who offers what: components, the hook, discovery, plugin files, and the session's own."""
