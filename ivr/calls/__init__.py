"""Calls and their log: legs, holds, events, outcomes, requests and messages."""
