"""The recogniser that the configuration names."""

from bot.config import ConfigError, SpeechConfig
from bot.speech.port import Recogniser
from bot.speech.sherpa import FAMILIES, ModelError, SherpaOnnx, model_files
from bot.speech.sound import can_decode


def open_recogniser(speech: SpeechConfig) -> Recogniser | None:
    """Open what [speech] asks for; None when it asks for nothing. Raises ConfigError, saying what to write or install.

    A model is only looked at here; it is loaded with the first voice message.
    """
    if not speech.kind:
        return None
    if not can_decode():
        raise ConfigError("[speech] kind: reading voice messages needs PyAV; install it with: make speech")
    if speech.kind == "sherpa":
        return _sherpa(speech)
    if not speech.api_base or not speech.model:
        raise ConfigError("[speech]: kind = openai needs api_base and model")
    if not (speech.api_key.isascii() and speech.api_key.isprintable()):
        raise ConfigError("[speech] api_key: has characters that no key has")
    # Here: its HTTP client is 5 MB that a shop without a service does not need.
    from bot.speech.endpoint import SpeechEndpoint

    return SpeechEndpoint(
        api_base=speech.api_base, api_key=speech.api_key, model=speech.model, timeout_s=speech.timeout_s
    )


def _sherpa(speech: SpeechConfig) -> Recogniser:
    family = speech.model or FAMILIES[0]
    if family not in FAMILIES:
        raise ConfigError(f"[speech] model: for kind = sherpa one of {', '.join(FAMILIES)}")
    if speech.model_dir is None:
        raise ConfigError("[speech] model_dir: missing; it names the folder of the model")
    try:
        model_files(family, speech.model_dir)
    except ModelError as error:
        raise ConfigError(f"[speech] {error}") from None
    return SherpaOnnx(family=family, model_dir=speech.model_dir)
