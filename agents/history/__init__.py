"""The demo's past week: calls that really ran, in a centre of their own on a moved clock, brought in day by day."""
