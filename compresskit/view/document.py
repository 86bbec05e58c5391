"""The frame of an HTML page that loads nothing and has no script: a browser would refuse both."""

from __future__ import annotations

# For a page that is opened as a file. The proxy sends the same as a header.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def document(title: str, css: str, body: str) -> str:
    """A page with the class "compresskit page". The title and the body are HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{css}</style></head>"
        f'<body class="compresskit page">{body}</body></html>\n'
    )
