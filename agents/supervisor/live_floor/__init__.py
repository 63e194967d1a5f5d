"""The floor, live: queues, agents, emergencies, alarms, and listening in."""
