"""Buyers' web pages: pay page and order page. Pure: views in, HTML out; routes and cookies live in bot/app.py."""
