"""Finds the places at which a text can be cut: one file for each kind of text."""
