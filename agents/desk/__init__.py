"""The desk: the page on which an agent works."""
