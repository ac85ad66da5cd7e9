"""Labelled utterances, the shops they speak of, and the scoring of understanding on them."""
