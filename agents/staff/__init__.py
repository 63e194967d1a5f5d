"""The staff site: what every page of agents, supervisors and administrators has in common, and the way in."""
