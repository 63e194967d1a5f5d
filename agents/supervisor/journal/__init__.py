"""The electronic journal of contacts of a compulsory insurer: every call of its lines, and what became of it."""
