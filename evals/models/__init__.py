"""Asking real models: which one and where, through which compressor, what it cost, and what its reply is worth.

No eval is known here. `endpoint.py` has the options of a model, `tasks.py` asks it.
"""
