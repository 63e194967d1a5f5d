"""Settings, clock, database, job queues and the description of lines: what every other package stands on."""
