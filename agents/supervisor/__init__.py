"""The supervisor's pages: the floor, the call log, and the page of one call."""
