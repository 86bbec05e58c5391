"""The choice of what stays within the budget, and the writing of the chosen forms."""
