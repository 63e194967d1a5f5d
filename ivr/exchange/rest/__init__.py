"""Twilio's REST resources as a call centre uses them (twilio.md §4), one module per resource."""
