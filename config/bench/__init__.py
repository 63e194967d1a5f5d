"""Measuring tools for `pult bench`: they know nothing of calls; wsgi.py hands them what to ask and what to time."""
