"""The flow language: what a caller hears, is asked, and where each answer leads; pure, without I/O."""
