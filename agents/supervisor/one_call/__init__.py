"""One call's page: its steps in order, its recordings on the same time line, its requests."""
