"""What every eval shares: reading data, running items, the compressors that are compared, figures, records, options.

No eval and no model is known here. `engine.py` runs items, `options.py` has the flags, `reporting.py` the table and the
exit code, `records.py` the record.
"""
