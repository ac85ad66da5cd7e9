"""One set of credentials for all tests of a worker: RSA keys take their time."""

from functools import cache

from sandbox.settings import Credentials, new_credentials


@cache
def credentials() -> Credentials:
    """What the shops under test and the sandbox before them are set up with."""
    return new_credentials()
