"""Shifts: a file that says who works when and with which skills, read and taken over."""
