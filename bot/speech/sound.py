"""A voice message's file (AMR, WeChat's Speex; WAV and MP3 too) → plain sound. The only module that knows PyAV.

PyAV is an optional part (`make speech`): nothing here is loaded before the first voice message. The container is named
by the file's first bytes and never guessed by the decoder, whose other formats open further files and addresses.
"""

import io
import sys
import wave
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av import AudioFrame, CodecContext, Packet

FILE_BYTES_MAX = 2 << 20
"""WeChat's own limit for a voice."""
SECONDS_MAX = 61
"""WeChat records at most 60 s."""
_QUIET = 200
"""Of 32767: nobody speaks as softly, and recognisers are known to invent words for silence."""
_SPEEX_HZ = 16_000
_SPEEX_PACKET_BYTES = range(6, 121)


@dataclass(frozen=True, slots=True)
class Sound:
    """One channel of 16-bit samples, in the machine's byte order."""

    pcm: bytes
    rate_hz: int

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / self.rate_hz

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing in it that could be speech."""
        samples = array("h", self.pcm)
        return not samples or max(max(samples), -min(samples)) < _QUIET

    def wav(self) -> bytes:
        """As a WAV file, which every recogniser takes."""
        samples = array("h", self.pcm)
        if sys.byteorder == "big":
            samples.byteswap()
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(self.rate_hz)
            out.writeframes(samples.tobytes())
        return file.getvalue()


@dataclass(frozen=True, slots=True)
class TooLong:
    """More than a minute."""


@dataclass(frozen=True, slots=True)
class NotSound:
    """No voice message that can be read."""

    reason: str


def can_decode() -> bool:
    """Whether PyAV is installed."""
    return find_spec("av") is not None


def decode(file: bytes) -> Sound | TooLong | NotSound:
    """Read a voice message. Damaged frames are left out; a file of nothing else is NotSound."""
    if len(file) > FILE_BYTES_MAX:
        return NotSound("larger than WeChat lets a voice be")
    import av  # an optional part, and 30 MB of code that only a voice needs

    try:
        return _decode(file)
    except (av.error.FFmpegError, EOFError, ValueError, OSError) as error:
        return NotSound(type(error).__name__)


def _decode(file: bytes) -> Sound | TooLong | NotSound:
    if file.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return _from_container(file, "amr")
    if file.startswith(b"OggS"):
        return _from_container(file, "ogg")
    if file.startswith(b"RIFF") and file[8:12] == b"WAVE":
        return _from_container(file, "wav")
    if file.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")):
        return _from_container(file, "mp3")
    packets = list(_speex_packets(file))
    if not packets:
        return NotSound("neither AMR nor Speex, nor WAV or MP3")
    import av

    return _joined(_codec("speex", _SPEEX_HZ), (av.Packet(packet) for packet in packets))


def _from_container(file: bytes, container_format: str) -> Sound | TooLong | NotSound:
    import av

    with av.open(io.BytesIO(file), format=container_format) as container:
        if not container.streams.audio:
            return NotSound("no sound in it")
        stream = container.streams.audio[0]
        # FFmpeg's own decoder refuses the frames that a phone sends for pauses; OpenCORE's does not.
        codec = (
            _codec("libopencore_amrnb", stream.rate) if stream.codec_context.name == "amrnb" else stream.codec_context
        )
        return _joined(codec, container.demux(stream))


def _codec(name: str, rate_hz: int) -> "CodecContext":
    import av

    codec: Any = av.CodecContext.create(name, "r")
    codec.sample_rate, codec.layout = rate_hz, "mono"
    return codec


def _speex_packets(file: bytes) -> Iterator[bytes]:
    """WeChat's high-definition voice (audio/x-speex-with-header-byte): each 20 ms packet after a byte of its length.

    Nothing, unless the whole file is made like that.
    """
    packets, at = [], 0
    while at < len(file):
        size = file[at]
        if size not in _SPEEX_PACKET_BYTES or at + 1 + size > len(file):
            return
        packets.append(file[at + 1 : at + 1 + size])
        at += 1 + size
    yield from packets


def _joined(codec: "CodecContext", packets: "Iterator[Packet]") -> Sound | TooLong | NotSound:
    """Decode packet after packet into one sound; stops where it becomes too long."""
    import av

    pcm, rate_hz, damaged, whole = bytearray(), 0, 0, 0
    resampler: Any = None
    for packet in packets:
        try:
            frames: list[AudioFrame] = list(codec.decode(packet if packet.size else None))
        except av.error.InvalidDataError:
            damaged += 1
            continue
        whole += 1
        for frame in frames:
            if resampler is None:
                rate_hz = frame.sample_rate
                resampler = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
            for part in resampler.resample(frame):
                pcm += bytes(part.planes[0])[: part.samples * 2]
        if rate_hz and len(pcm) > SECONDS_MAX * rate_hz * 2:
            return TooLong()
    if resampler is not None:
        for part in resampler.resample(None):
            pcm += bytes(part.planes[0])[: part.samples * 2]
    if not pcm or damaged > whole:
        return NotSound(f"{damaged} of {damaged + whole} frames are damaged")
    return Sound(bytes(pcm), rate_hz)
