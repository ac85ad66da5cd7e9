"""Whether an order looks like fraud: facts from the books, a score with its reasons, block and allow lists."""
