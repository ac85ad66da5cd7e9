"""Suppliers of top-ups: the port, its adapters, and the rules for what their answers mean."""
