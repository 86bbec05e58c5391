"""Calls to a model for conversations of any length: completion(), the retrieval loop, Conversation."""
