"""Specifications of understanding."""
