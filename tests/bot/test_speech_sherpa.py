"""Recognition on this machine, where it is installed (`make speech-local`), by a model that hears one word in anything.

`one_word_model/` is made by hand: a graph of five nodes that gives the same token for every frame.
"""

import random
import shutil
from pathlib import Path

import pytest

from bot.config import ConfigError, SpeechConfig
from bot.speech.opening import open_recogniser
from bot.speech.port import NotHeard, Words
from bot.speech.sherpa import SherpaOnnx
from bot.speech.sound import Sound

pytest.importorskip("sherpa_onnx")
MODEL = Path(__file__).parent / "one_word_model"


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
def test_a_sound_of_either_rate_is_written_down(rate_hz: int) -> None:
    sound = Sound(random.Random(1).randbytes(rate_hz * 4), rate_hz)
    opened = open_recogniser(SpeechConfig(kind="sherpa", model="zipformer_ctc", model_dir=MODEL))
    assert opened is not None
    assert opened.check() == ""
    assert opened.recognise(sound) == Words("充一百")


@pytest.mark.parametrize("family", ["sense_voice", "paraformer", "zipformer_ctc"])
def test_a_model_that_cannot_be_read_is_said_to_be_so_and_ends_nothing(family: str, tmp_path: Path) -> None:
    """sherpa-onnx itself ends the process over a model of another family."""
    shutil.copytree(MODEL, tmp_path, dirs_exist_ok=True)
    if family == "zipformer_ctc":
        (tmp_path / "model.onnx").write_bytes(b"junk")
    broken = SherpaOnnx(family=family, model_dir=tmp_path)
    assert family in broken.check()
    assert isinstance(broken.recognise(Sound(bytes(32_000), 16_000)), NotHeard)


@pytest.mark.parametrize(("missing", "words"), [("tokens.txt", "tokens.txt"), ("model.onnx", "model.onnx")])
def test_a_folder_without_a_model_is_refused_at_start(missing: str, words: str, tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path, dirs_exist_ok=True)
    (tmp_path / missing).unlink()
    with pytest.raises(ConfigError, match=words):
        open_recogniser(SpeechConfig(kind="sherpa", model_dir=tmp_path))


def test_of_two_files_the_small_one_is_taken(tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.onnx").rename(tmp_path / "model.int8.onnx")
    (tmp_path / "model.onnx").write_bytes(b"junk")
    assert SherpaOnnx(family="zipformer_ctc", model_dir=tmp_path).check() == ""
