"""Headers that every answer carries, whoever made it: 404, 405 and 500 included."""

from starlette.types import Message, Send

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")


def safely(send: Send, *, https: bool) -> Send:
    """Add what the answer does not say itself: pages have a policy of their own, static files may be kept."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            said = {name for name, _ in message["headers"]}
            missing = [pair for pair in (*_ALWAYS, *((_HTTPS_ONLY,) if https else ())) if pair[0] not in said]
            message = {**message, "headers": [*message["headers"], *missing]}
        await send(message)

    return sending
