"""Text → Frame. Pure: knows a Lexicon (names as data), never the catalog's tables, a clock or a database."""
