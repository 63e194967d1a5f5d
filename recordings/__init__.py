"""Sealed storage of what callers said: voicemail and recordings."""
