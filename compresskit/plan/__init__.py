"""Chooses the text that stays within the budget, and writes the chosen forms."""
