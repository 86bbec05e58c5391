"""Growing conversations: keeps the text that was sent, makes new results smaller, and decides when to compact."""
