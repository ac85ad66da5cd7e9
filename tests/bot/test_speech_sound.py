"""Voice messages as WeChat hands them out, and files that only look like them."""

import io
import random
import wave
from array import array

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.speech.sound import FILE_BYTES_MAX, NotSound, Sound, TooLong, decode

_NARROW = (12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0)
_WIDE = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5, 0, 0, 0, 0, 0, 0)
PAUSE = 15


def amr(*modes: int, wide: bool = False) -> bytes:
    """An AMR file of frames of 20 ms in these modes: any bits are some sound."""
    bits = random.Random(len(modes))
    frames = (bytes([mode << 3 | 4]) + bits.randbytes((_WIDE if wide else _NARROW)[mode]) for mode in modes)
    return (b"#!AMR-WB\n" if wide else b"#!AMR\n") + b"".join(frames)


def speex(packets: int) -> bytes:
    """WeChat's high-definition voice: wideband packets of 62 bytes, each after a byte of its length."""
    bits, file = random.Random(packets), b""
    for _ in range(packets):
        # Narrowband mode 5 in 300 bits, then wideband mode 3 in 192, then the terminator.
        value = 0 << 4 | 5
        value = value << 295 | bits.getrandbits(295)
        value = value << 4 | 1 << 3 | 3
        value = value << 188 | bits.getrandbits(188)
        file += bytes([62]) + (value << 4 | 0b0111).to_bytes(62, "big")
    return file


@pytest.mark.parametrize(
    ("mode", "wide", "rate_hz"), [(0, False, 8000), (7, False, 8000), (2, True, 16000), (8, True, 16000)]
)
def test_every_frame_becomes_20_ms_of_sound(mode: int, wide: bool, rate_hz: int) -> None:
    sound = decode(amr(*[mode] * 137, wide=wide))
    assert isinstance(sound, Sound)
    assert (sound.rate_hz, len(sound.pcm)) == (rate_hz, 137 * rate_hz // 50 * 2)
    assert sound.seconds == pytest.approx(2.74)
    assert not sound.is_silent


def test_pauses_are_silence_and_not_damage() -> None:
    """A phone sends a mark, and then next to nothing, while nobody speaks."""
    sound = decode(amr(*[7] * 20, 8, *[PAUSE] * 60, 8, *[PAUSE] * 60, *[7] * 10))
    assert isinstance(sound, Sound)
    assert sound.seconds > 2.9


def test_wechats_speex_is_read() -> None:
    sound = decode(speex(50))
    assert isinstance(sound, Sound)
    assert (sound.rate_hz, sound.seconds) == (16000, 1.0)


def test_a_wav_and_an_mp3_are_read_too() -> None:
    """What clients send that are no telephones."""
    spoken = decode(amr(*[7] * 50))
    assert isinstance(spoken, Sound)
    assert decode(spoken.wav()) == spoken
    read = decode(mp3(spoken))
    assert isinstance(read, Sound)
    assert read.rate_hz == 16000
    assert read.seconds == pytest.approx(1.0, abs=0.2)
    assert not read.is_silent


def mp3(sound: Sound) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as out:
        stream = out.add_stream("mp3", rate=16000)
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=16000)
        with av.open(io.BytesIO(sound.wav()), format="wav") as given:
            for frame in [*given.decode(audio=0), None]:
                for part in resampler.resample(frame):
                    for packet in stream.encode(part):
                        out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return file.getvalue()


def test_a_sound_is_handed_on_as_a_wav_of_the_same_samples() -> None:
    sound = decode(amr(*[7] * 50))
    assert isinstance(sound, Sound)
    with wave.open(io.BytesIO(sound.wav())) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert array("h", file.readframes(file.getnframes())) == array("h", sound.pcm)


def test_silence_is_known_as_such() -> None:
    sound = decode(amr(*[PAUSE] * 100))
    assert isinstance(sound, Sound)
    assert sound.is_silent


def test_a_minute_is_taken_and_more_is_not() -> None:
    assert isinstance(decode(amr(*[0] * 50 * 60)), Sound)
    assert decode(amr(*[0] * 50 * 62)) == TooLong()
    assert decode(amr(*[PAUSE] * 1_000_000)) == TooLong(), "a file within the limit of hours of silence"


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"#!AMR\n",
        b"#!AMR-WB\n",
        b"OggS" + bytes(300),
        b"ID3\x04" + bytes(300),
        b"#EXTM3U\nhttp://127.0.0.1/private\n",
        b"\x3c" + b"\xff" * 60,
        bytes([62]) * 62,
        b'{"errcode":40007}',
    ],
)
def test_what_is_no_voice_is_said_to_be_none(file: bytes) -> None:
    assert isinstance(decode(file), NotSound)


@pytest.mark.parametrize("byte", [b"\x64", b"\xff"])
@pytest.mark.parametrize("magic", [b"#!AMR\n", b"#!AMR-WB\n"])
def test_frames_of_no_known_kind_are_nothing_that_anybody_said(magic: bytes, byte: bytes) -> None:
    sound = decode(magic + byte * 500)
    assert isinstance(sound, NotSound) or (isinstance(sound, Sound) and sound.is_silent)


def test_a_file_larger_than_any_voice_is_not_even_looked_at() -> None:
    assert isinstance(decode(amr(*[7] * 100) + bytes(FILE_BYTES_MAX)), NotSound)


def test_a_damaged_stretch_costs_only_itself() -> None:
    whole = amr(*[7] * 100)
    sound = decode(whole[:1000] + b"\x64" * 40 + whole[1040:])
    assert isinstance(sound, Sound)
    assert 1.0 < sound.seconds < 3.0


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([b"#!AMR\n", b"#!AMR-WB\n", b"OggS", b"", b"\x3e"]), st.binary(max_size=2000))
def test_no_file_makes_it_raise(magic: bytes, rest: bytes) -> None:
    decode(magic + rest)
