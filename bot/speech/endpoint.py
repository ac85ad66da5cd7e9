"""Recognition by a service with OpenAI's interface: POST …/v1/audio/transcriptions, a WAV file in, {"text"} out."""

import json
import math
import re
import time
from array import array

import httpx

from bot.speech.port import Hearing, NotHeard, heard
from bot.speech.sound import Sound

ANSWER_BYTES_MAX = 64 * 1024
TRIES = 2
"""Nothing is bought by a transcription: after a timeout or a 5xx it may be asked for again."""
CONNECT_TIMEOUT_S = 3.0
_VERSIONED = re.compile(r"/v\d+$")


class SpeechEndpoint:
    """One model of one service. `api_base` is with or without its /v1; the key goes into one header alone."""

    def __init__(self, *, api_base: str, api_key: str, model: str, timeout_s: float) -> None:
        base = api_base.rstrip("/")
        self._url = f"{base if _VERSIONED.search(base) else f'{base}/v1'}/audio/transcriptions"
        self._model = model
        self._timeout_s = timeout_s
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
        self._client = httpx.Client(headers=headers, timeout=timeout, limits=httpx.Limits(max_connections=8))

    def recognise(self, sound: Sound) -> Hearing:
        """Write the sound down. No answer, a bad one, a refusal: NotHeard."""
        answer = self._ask(sound)
        return heard(answer) if isinstance(answer, str) else answer

    def check(self) -> str:
        """Let it write down a second of a humming tone: that proves address, key and model at once."""
        tone = array("h", (int(6000 * math.sin(index / 8)) for index in range(16_000)))
        answer = self._ask(Sound(tone.tobytes(), 16_000))
        if not isinstance(answer, NotHeard):
            return ""
        mend = {
            "HTTP 401": "api_key 不对",
            "HTTP 403": "api_key 没有权限",
            "HTTP 404": "api_base 或 model 不对",
            "HTTP 429": "请求过多，或余额不足",
        }
        return mend.get(answer.reason, f"没有得到应答: {answer.reason}")

    def _ask(self, sound: Sound) -> str | NotHeard:
        wav = sound.wav()
        answer: str | NotHeard = NotHeard("not asked")
        for _ in range(TRIES):
            ends = time.monotonic() + self._timeout_s
            try:
                status, body = self._post(wav, ends)
            except httpx.HTTPError as error:
                # Only the kind of the error: its text may hold whatever the address holds.
                answer = NotHeard(type(error).__name__)
                continue
            if status == 200:
                return _text(body)
            answer = NotHeard(f"HTTP {status}")
            if status < 500:
                break
        return answer

    def _post(self, wav: bytes, ends: float) -> tuple[int, bytes]:
        """Raises httpx.HTTPError when no answer is there in time, however slowly it drips in, or it is too long."""
        fields = {"model": self._model, "language": "zh", "response_format": "json"}
        files = {"file": ("voice.wav", wav, "audio/wav")}
        with self._client.stream("POST", self._url, data=fields, files=files) as answer:
            body = b""
            for chunk in answer.iter_bytes():
                body += chunk
                if time.monotonic() > ends:
                    raise httpx.ReadTimeout("too slow")
                if len(body) > ANSWER_BYTES_MAX:
                    return answer.status_code, b""
            return answer.status_code, body


def _text(body: bytes) -> str | NotHeard:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return NotHeard("an answer that is no JSON, or too long")
    text = answer.get("text") if isinstance(answer, dict) else None
    return text if isinstance(text, str) else NotHeard("an answer without a text")
