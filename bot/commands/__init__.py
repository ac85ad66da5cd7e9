"""The kabot commands, a file for each group; `bot.cli` puts them together."""
