"""Who may use the pages, and as what: accounts, roles per insurer, sessions, and the guard against guessing."""
