"""Measurements: ratios within one run, printed and never asserted. `make bench` runs them."""
