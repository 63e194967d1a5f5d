"""Reports: figures over a period, where callers leave the menu, and how many agents the next intervals need."""
