"""Reads TOML that somebody wrote by hand."""

import tomllib
from typing import Any


class BadTomlError(ValueError):
    """It is no TOML, or none that can be read; the message is one line, with the place where it is known."""


def read_toml(text: str) -> dict[str, Any]:
    """Read a document. Raises BadTomlError, whatever is wrong with it."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadTomlError(str(error)) from None
    except RecursionError:
        raise BadTomlError("lists or tables within each other, too many to be read") from None
    except ValueError:  # Python reads no number of more than 4300 digits
        raise BadTomlError("a number too long to be read") from None
