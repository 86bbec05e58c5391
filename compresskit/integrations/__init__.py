"""compresskit in other programs: one module for each, imported by who uses it."""
