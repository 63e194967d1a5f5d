"""After a breach: whose data was touched, by whom and when, answered from the audit within the day (152-ФЗ)."""
