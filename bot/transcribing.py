"""The worker's part of a voice message: fetch it, write it down, and hold the turn of what was said."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import BoundedSemaphore

from bot import telling, voices
from bot.bootstrap import Services
from bot.conversation import Conversation
from bot.speech.port import NotHeard, NoWords, Words
from bot.speech.sound import FILE_BYTES_MAX, NotSound, Sound, TooLong, decode
from bot.voices import Voice
from bot.webhook import Push
from bot.wechat import Media, NoAnswer, NoMedia
from dialogs.facts import Unheard
from fulfillment import pushing
from fulfillment.pushing import PushKind

log = logging.getLogger(__name__)

ROOM = BoundedSemaphore(3)
"""So many are written down at a time by one process: one that hangs must not keep the worker from delivering."""
TOO_LATE_AFTER = timedelta(minutes=10)
"""Nobody waits so long for an answer; what he said then may not be what he wants now."""


_HEARD_BEFORE_MAX = 200
_heard_before: dict[tuple[str, str], Words | Unheard] = {}
"""What was said in voices whose turn could not be held yet: to have it written down again costs money."""


class NoRoomError(Exception):
    """As many voices as may be are being written down."""


def hear(services: Services, voice_id: int) -> None:
    """Answer one voice message. Raises while there is no room, and while the talk cannot be held (Redis or the database
    is away, the buyer's messages keep the floor): the job is done again."""
    with services.engine.connect() as conn:
        voice = voices.find(conn, voice_id)
    if voice is None or voice.done:
        return  # sent or waiting in the outbox, or nobody's any more
    if services.clock.now() - voice.taken_at > TOO_LATE_AFTER:
        log.warning("voice %s was come to too late", voice.id)
        said: Words | Unheard = Unheard("lost")
    else:
        said = _heard_before.get((voice.openid, voice.message_key)) or _in_its_turn(services, voice)
    with ThreadPoolExecutor(1, thread_name_prefix="spoken") as threads:
        reply = asyncio.run(Conversation(services, threads).hear_later(_as_push(voice, said)))
    now = services.clock.now()
    with services.engine.begin() as conn:
        push_id = None
        if voices.finish(conn, voice, reply, now) and (reply.text or reply.keys_of or reply.transfer):
            push_id = pushing.ask(conn, PushKind.SPOKEN, voice.openid, None, now, about_id=voice.id)
    _heard_before.pop((voice.openid, voice.message_key), None)
    if push_id is not None:
        telling.send_push(services, push_id=push_id)


def _in_its_turn(services: Services, voice: Voice) -> Words | Unheard:
    """Write a voice down if there is room for one more, and remember it for the job being done again."""
    if not ROOM.acquire(blocking=False):
        raise NoRoomError
    try:
        said = _written_down(services, voice)
    finally:
        ROOM.release()
    if len(_heard_before) >= _HEARD_BEFORE_MAX:
        _heard_before.clear()
    _heard_before[voice.openid, voice.message_key] = said
    return said


def _as_push(voice: Voice, said: Words | Unheard) -> Push:
    """What was said as the message it would have been. Its key is that of the voice, so its effects happen once."""
    if isinstance(said, Unheard):
        return Push(voice.openid, "", f"{voice.message_key}:heard", "unheard", event=said.why, standing=voice.standing)
    return Push(voice.openid, "", f"{voice.message_key}:heard", "voice", text=said.text, standing=voice.standing)


def _written_down(services: Services, voice: Voice) -> Words | Unheard:
    """What was said, or why nobody knows; the log says more, but never the words."""
    if services.recogniser is None:
        return Unheard("off")
    sound = _sound(services, voice)
    if isinstance(sound, Unheard):
        return sound
    if sound.is_silent:
        log.info("voice %s: silence", voice.id)
        return Unheard("silent")
    match services.recogniser.recognise(sound):
        case Words() as words:
            log.info("voice %s: %.1f s written down", voice.id, sound.seconds)
            return words
        case NoWords():
            log.info("voice %s: no words in it", voice.id)
            return Unheard("silent")
        case NotHeard(reason=reason):
            log.warning("voice %s could not be written down: %s", voice.id, reason)
            return Unheard("lost")


def _sound(services: Services, voice: Voice) -> Sound | Unheard:
    """The first of the voice's files that is there and can be read."""
    for media_id in voice.media_ids:
        match services.account.media(media_id, FILE_BYTES_MAX):
            case Media(content=content):
                sound = decode(content)
            case NoMedia(reason=reason) | NoAnswer(reason=reason):
                log.warning("voice %s could not be fetched: %s", voice.id, reason)
                continue
        match sound:
            case Sound():
                return sound
            case TooLong():
                return Unheard("long")
            case NotSound(reason=reason):
                log.warning("voice %s could not be read: %s", voice.id, reason)
    return Unheard("lost")
