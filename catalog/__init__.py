"""Products, SKUs and prices; the in-memory Shelf; the stock of card keys."""
