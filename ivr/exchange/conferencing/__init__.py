"""Conferences: rooms, who attends them, who is invited, and who hears whom."""
