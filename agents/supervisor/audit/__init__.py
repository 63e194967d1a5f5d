"""The audit as a page: who looked at, played, exported or changed what."""
