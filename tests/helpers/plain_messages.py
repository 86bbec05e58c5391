"""A message that says one text, in each of the shapes; written by hand, since tests judge the package by it."""

SHAPES = ("openai", "anthropic", "responses", "gemini", "converse")


def said(shape, role, text):
    """What the user or the assistant says.

    >>> said("gemini", "assistant", "hi")
    {'role': 'model', 'parts': [{'text': 'hi'}]}
    """
    if shape == "responses":
        kind = "output_text" if role == "assistant" else "input_text"
        return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
    if shape == "gemini":
        return {"role": "model" if role == "assistant" else role, "parts": [{"text": text}]}
    if shape == "converse":
        return {"role": role, "content": [{"text": text}]}
    return {"role": role, "content": text}


def talk(shape, *texts):
    """User and assistant in turn."""
    return [said(shape, ("user", "assistant")[number % 2], text) for number, text in enumerate(texts)]
