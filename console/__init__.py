"""The operators' pages: who may log in, what he may do, and what he sees. Mounted by bot; imports nothing of it."""
