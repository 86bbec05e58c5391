"""Turn after turn: what was sent stays, what enters, and when a compaction pays."""
