"""The edge under test."""
