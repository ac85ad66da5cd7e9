"""Money truth: prepay, notices, queries, close, refunds and bills."""
