"""One file for each kind of text: the places where it can be cut."""
