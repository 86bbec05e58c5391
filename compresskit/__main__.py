"""python -m compresskit is the command compresskit."""

from .cli import main

if __name__ == "__main__":
    main()
