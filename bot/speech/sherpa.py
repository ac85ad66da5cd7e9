"""Recognition on this machine by sherpa-onnx (k2-fsa), an optional part (`make speech-local`), with one's own model.

The model is a folder as the project publishes them: `tokens.txt` and one or several .onnx files. It is loaded with the
first voice message, in the worker alone: some models take a second and some hundred megabytes.
"""

import logging
import subprocess
import sys
import threading
from array import array
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bot.speech.port import Hearing, NotHeard, heard
from bot.speech.sound import Sound

log = logging.getLogger(__name__)

FAMILIES = ("sense_voice", "paraformer", "zipformer_ctc", "transducer", "whisper")
_PARTS = {"transducer": ("encoder", "decoder", "joiner"), "whisper": ("encoder", "decoder")}
_THREADS = 2
_TRIAL_S = 120.0


class ModelError(Exception):
    """The model cannot be used; the message says why, in Chinese for the operator."""


class SherpaOnnx:
    """A model of one of the FAMILIES in a folder."""

    def __init__(self, *, family: str, model_dir: Path) -> None:
        self._family = family or FAMILIES[0]
        self._model_dir = model_dir
        self._lock = threading.Lock()
        self._loaded: Any = None

    def recognise(self, sound: Sound) -> Hearing:
        """Write the sound down, one at a time: a second one would only make both slower."""
        with self._lock:
            try:
                recogniser = self._model()
                stream = recogniser.create_stream()
                stream.accept_waveform(sound.rate_hz, [sample / 32768 for sample in array("h", sound.pcm)])
                recogniser.decode_stream(stream)
                return heard(str(stream.result.text))
            except ModelError as error:
                return NotHeard(str(error))
            except (RuntimeError, ValueError) as error:
                log.exception("sherpa-onnx failed")
                return NotHeard(type(error).__name__)

    def check(self) -> str:
        """Load the model."""
        try:
            with self._lock:
                self._model()
        except ModelError as error:
            return str(error)
        return ""

    def _model(self) -> Any:
        if self._loaded is None:
            model_files(self._family, self._model_dir)
            # A model of another family ends the process that loads it: not this one, then.
            trial = [sys.executable, "-m", "bot.speech.sherpa", self._family, str(self._model_dir)]
            try:
                done = subprocess.run(trial, capture_output=True, timeout=_TRIAL_S, check=False)  # noqa: S603 - ours
            except (OSError, subprocess.TimeoutExpired) as error:
                raise ModelError(f"{self._model_dir}: 模型没能试读（{type(error).__name__}）") from None
            if done.returncode != 0:
                raise ModelError(f"{self._model_dir}: 模型读不了，或者不是 {self._family} 模型")
            self._loaded = load(self._family, self._model_dir)
        return self._loaded


def load(family: str, model_dir: Path) -> Any:
    """Load a model into this process, which ends here if it is of another family. Raises ModelError, RuntimeError."""
    import sherpa_onnx

    make = getattr(sherpa_onnx.OfflineRecognizer, f"from_{family}")
    more = {"language": "zh"} if family in ("whisper", "sense_voice") else {}
    return make(**model_files(family, model_dir), **more, num_threads=_THREADS)


def model_files(family: str, model_dir: Path) -> dict[str, str]:
    """The files of a model under the names sherpa-onnx wants. Raises ModelError when one is missing."""
    if find_spec("sherpa_onnx") is None:
        raise ModelError("缺少 sherpa-onnx，请运行 make speech-local")
    tokens = next(iter(sorted(model_dir.glob("*tokens.txt"))), None)
    if tokens is None:
        raise ModelError(f"{model_dir}: 没有 tokens.txt")
    names = _PARTS.get(family, ("model",))
    found = {name: _onnx(model_dir, name) for name in names}
    if names == ("model",):
        found = {("paraformer" if family == "paraformer" else "model"): found["model"]}
    return {**{name: str(path) for name, path in found.items()}, "tokens": str(tokens)}


def _onnx(model_dir: Path, name: str) -> Path:
    """The file of a part; the small one (int8) where there are two."""
    files = sorted(model_dir.glob(f"*{name}*.onnx"), key=lambda file: ("int8" not in file.name, file.name))
    if not files:
        raise ModelError(f"{model_dir}: 没有 {name}.onnx")
    return files[0]


if __name__ == "__main__":
    load(sys.argv[1], Path(sys.argv[2]))
