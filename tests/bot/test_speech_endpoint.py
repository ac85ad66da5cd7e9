"""A speech service with OpenAI's interface, as it answers and as it fails."""

import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bot.config import ConfigError, SpeechConfig
from bot.speech.endpoint import SpeechEndpoint
from bot.speech.opening import open_recogniser
from bot.speech.port import Hearing, NotHeard, NoWords, Words
from bot.speech.sound import Sound

KEY = "sk-never-shown"
SOUND = Sound(b"\x00\x10" * 1600, 16_000)


class Service:
    """Answers one after the other what it was told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes] | str] = []
        self.asked: list[tuple[str, str, bytes]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.asked.append((self.path, self.headers.get("Authorization", ""), body))
                service.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "hang":
            time.sleep(1.5)
            return
        to.send_response(200 if answer == "drip" else int(answer[0]))
        to.end_headers()
        if answer != "drip":
            to.wfile.write(answer[1])  # type: ignore[arg-type]
            return
        try:
            for _ in range(600):
                to.wfile.write(b" ")
                time.sleep(0.1)
        except OSError:
            pass

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.server.shutdown()
    made.server.server_close()


def ask(service: Service, *answers: tuple[int, bytes] | str, timeout_s: float = 0.4) -> Hearing:
    service.answers = list(answers)
    return SpeechEndpoint(api_base=service.url, api_key=KEY, model="m1", timeout_s=timeout_s).recognise(SOUND)


def test_the_sound_goes_out_as_a_wav_with_model_and_key(service: Service) -> None:
    assert ask(service, (200, '{"text": " 充一百 话费\\n"}'.encode())) == Words("充一百 话费")
    ((path, key, body),) = service.asked
    assert (path, key) == ("/v1/audio/transcriptions", f"Bearer {KEY}")
    assert SOUND.wav() in body
    assert b'name="model"\r\n\r\nm1\r\n' in body


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("", "/v1/audio/transcriptions"),
        ("/v1", "/v1/audio/transcriptions"),
        ("/api/v4/", "/api/v4/audio/transcriptions"),
    ],
)
def test_the_address_is_taken_with_its_version_or_without(service: Service, base: str, path: str) -> None:
    service.answers = [(200, b'{"text": "x"}')]
    SpeechEndpoint(api_base=service.url + base, api_key="", model="m", timeout_s=1).recognise(SOUND)
    assert service.asked[0][:2] == (path, ""), "without a key there is no header"


@pytest.mark.parametrize("text", ["", "  ", "。", "\\u3002!?"])
def test_a_text_without_words_is_none(service: Service, text: str) -> None:
    assert ask(service, (200, f'{{"text": "{text}"}}'.encode())) == NoWords()


def test_a_5xx_or_a_hang_is_asked_once_more(service: Service) -> None:
    assert ask(service, (503, b"busy"), (200, b'{"text": "ok"}')) == Words("ok")
    assert ask(service, "hang", (200, b'{"text": "ok"}')) == Words("ok")
    assert len(service.asked) == 4


def test_two_failures_are_enough(service: Service) -> None:
    assert ask(service, (500, b"")) == NotHeard("HTTP 500")
    assert len(service.asked) == 2
    assert ask(service, "hang") == NotHeard("ReadTimeout")
    assert len(service.asked) == 4


def test_an_answer_that_drips_in_is_given_up_in_time(service: Service) -> None:
    began = time.monotonic()
    assert ask(service, "drip") == NotHeard("ReadTimeout")
    assert time.monotonic() - began < 20, "it would have dripped for a minute"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"text": "half',
        b"[1]",
        b"null",
        b'{"text": 5}',
        b'{"error": {"message": "no"}}',
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"text": "' + b"a" * 1500 + b'"}',
        b'{"text": "' + b"a" * 200_000 + b'"}',
    ],
)
def test_an_answer_that_is_none_is_not_believed_and_not_asked_for_again(service: Service, body: bytes) -> None:
    assert isinstance(ask(service, (200, body)), NotHeard)
    assert len(service.asked) == 1


def test_a_refusal_is_final_and_the_key_appears_nowhere(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        refused = ask(service, (401, f"Incorrect API key provided: {KEY}".encode()))
    assert refused == NotHeard("HTTP 401")
    assert len(service.asked) == 1
    assert KEY not in caplog.text + repr(SpeechConfig(api_key=KEY))


def test_a_service_that_is_not_there_is_an_outage() -> None:
    endpoint = SpeechEndpoint(api_base="http://127.0.0.1:1", api_key=KEY, model="m", timeout_s=1)
    assert endpoint.recognise(SOUND) == NotHeard("ConnectError")


@pytest.mark.parametrize(
    ("answer", "words"),
    [((200, b'{"text": ""}'), ""), ((401, b""), "api_key"), ((404, b""), "model"), ((200, b"?"), "应答")],
)
def test_the_check_says_what_to_mend(service: Service, answer: tuple[int, bytes], words: str) -> None:
    service.answers = [answer]
    told = SpeechEndpoint(api_base=service.url, api_key=KEY, model="m", timeout_s=1).check()
    assert (words in told) if words else told == ""


@pytest.mark.parametrize(
    ("speech", "words"),
    [
        (SpeechConfig(kind="openai", model="m"), "api_base"),
        (SpeechConfig(kind="openai", api_base="http://127.0.0.1:1"), "model"),
        (SpeechConfig(kind="openai", api_base="http://127.0.0.1:1", model="m", api_key="sk-密"), "api_key"),
        (SpeechConfig(kind="sherpa", model="gpt"), "sense_voice"),
        (SpeechConfig(kind="sherpa"), "model_dir"),
    ],
)
def test_half_a_configuration_is_refused_with_what_is_missing(speech: SpeechConfig, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        open_recogniser(speech)
    assert "密" not in str(refused.value)


def test_nothing_configured_is_nobody_to_ask() -> None:
    assert open_recogniser(SpeechConfig()) is None
