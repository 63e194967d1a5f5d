"""The carrier: a small port, its errors, and the one adapter that knows the `twilio` package."""
