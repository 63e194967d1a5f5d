"""The call log: what a supervisor searches for, the rows that answer, and the searches that they keep."""
