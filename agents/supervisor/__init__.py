"""The supervisor's pages: the floor, the call log, the page of one call, reports, the audit, and files of all these."""
