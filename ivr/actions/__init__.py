"""What flows ask the house to do: each action by its name, and what it knows of the call."""
