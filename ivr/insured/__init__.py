"""Insured records: programmes, policies, people, contacts, entitlements and how they are loaded and asked."""
