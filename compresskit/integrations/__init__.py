"""compresskit in other programs: one package for each, which is imported only by its users."""
