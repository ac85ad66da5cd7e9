"""Voice messages: real AMR files for the phone, and the speech service that knows what was said in them.

Nobody really speaks: each file is noise of a length that no other has, and the service recognises the length. So what
the bot sends has to be this very voice, fetched, decoded and passed on, and nothing in the file gives the words away.
"""

import io
import random
import secrets
import wave

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.hold import hold
from sandbox.settings import SandboxSettings
from sandbox.world import World

_FRAMES_PER_SECOND = 50
_FRAMES_PER_CHARACTER = 8
SECONDS_MOST = 120
_FILE_LIMIT_BYTES = 4 << 20
_NO_DATA = bytes([15 << 3 | 4])


def record(world: World, words: str, seconds: float | None = None) -> tuple[bytes, bytes]:
    """A voice that says this, at 8 kHz (AMR-NB) and at 16 kHz (AMR-WB); without words there is silence in it."""
    wanted = seconds * _FRAMES_PER_SECOND if seconds is not None else 25 + _FRAMES_PER_CHARACTER * len(words)
    frames = max(1, min(int(wanted), SECONDS_MOST * _FRAMES_PER_SECOND))
    while frames in world.voices:
        frames += 1
    world.keep_voice(frames, words)
    # Modes 7 (12.2 kbit/s) and 2 (12.65 kbit/s): any bits are some sound.
    return b"#!AMR\n" + _frames(frames, 7, 31, words), b"#!AMR-WB\n" + _frames(frames, 2, 32, words)


def _frames(count: int, mode: int, size: int, words: str) -> bytes:
    if not words:
        return _NO_DATA * count
    noise = random.Random(count)  # noqa: S311 - noise
    return b"".join(bytes([mode << 3 | 4]) + noise.randbytes(size) for _ in range(count))


class SpeechService:
    """Answers POST /speech/v1/audio/transcriptions as a service with OpenAI's interface does."""

    def __init__(self, settings: SandboxSettings, world: World) -> None:
        self._settings = settings
        self._world = world

    def routes(self) -> list[Route]:
        """Everything it answers."""
        return [Route("/speech/v1/audio/transcriptions", self._transcribe, methods=["POST"])]

    async def _transcribe(self, request: Request) -> Response:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        fault = self._world.faults.take("speech")
        kind = fault.kind if fault else ""
        right = secrets.compare_digest(key.encode(), self._settings.speech_key.encode())
        if kind == "401" or not self._settings.speech_key or not right:
            return _error(401, f"Incorrect API key provided: {key}")
        if fault and kind in ("5xx", "garbage", "huge", "empty"):
            return _broken(kind)
        try:
            async with request.form(max_files=1, max_fields=20) as form:
                upload, model = form.get("file"), form.get("model")
                if not isinstance(model, str) or not model or upload is None or isinstance(upload, str):
                    return _error(400, "file and model are required")
                file = await upload.read(_FILE_LIMIT_BYTES)
            words = self._world.voices.get(_length(file), "")
        except (ValueError, EOFError, wave.Error):
            return _error(400, "Invalid file format.")
        self._world.stream.publish("transcription", None, words=words)
        answer = bodies.json_response({"text": words})
        return await hold(request, fault.seconds, answer) if fault and kind == "slow" else answer


def _length(file: bytes) -> int:
    """How many AMR frames a WAV was made of."""
    with wave.open(io.BytesIO(file)) as sound:
        seconds: float = sound.getnframes() / sound.getframerate()
        return round(seconds * _FRAMES_PER_SECOND)


def _broken(kind: str) -> Response:
    if kind == "5xx":
        return PlainTextResponse("upstream connect error", 503)
    if kind == "garbage":
        return PlainTextResponse('{"text": "充', media_type="application/json")
    return bodies.json_response({"text": "哈" * 2_000_000 if kind == "huge" else ""})


def _error(status: int, message: str) -> Response:
    return bodies.json_response({"error": {"message": message, "type": "invalid_request_error"}}, status)
