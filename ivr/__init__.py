"""The phone side: insured records, calls and their log, voice webhooks and the carrier."""
