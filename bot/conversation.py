"""One turn of talk: lock and load, understand, step, carry out the effects, save, and say the reply.

A turn runs in the event loop, where Redis holds nobody up; what may take long (the database above all) a thread does.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TypeVar, TypeVarTuple, assert_never

from pydantic_core import to_json as write_json
from sqlalchemy.exc import SQLAlchemyError

from bot import after_sale, followers, handoffs, ordering, reminders, telling, voices, wallet
from bot.at_hand import AtHand
from bot.bootstrap import Services
from bot.floor import Floor
from bot.heard_days import HeardDays
from bot.misses import Misses, missed
from bot.scene import scene_now
from bot.webhook import Push
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.as_heard import as_heard
from dialogs.effects import (
    AskRefund,
    CancelOrder,
    DropCase,
    Effect,
    EndHandoff,
    FindBalance,
    FindFavourites,
    FindOrders,
    Listen,
    OpenCase,
    OpenHandoff,
    PayFromBalance,
    PlaceOrder,
    Rate,
    RemindMe,
    SetOneTap,
    TopUp,
    Withdraw,
)
from dialogs.facts import Fact, Unheard
from dialogs.pace import counted, verdict
from dialogs.state import Dialog, WithHuman, standing
from dialogs.step import step
from dialogs.store import Answered, Busy, Opened, TalkUnavailableError
from dialogs.turn import Followed, Heard, Linked, Pressed, Reply, Said, Scene, Showed, Spoke
from kernel.ids import OrderNo
from nlu.frame import frame_in_a_line
from nlu.lexicon import Lexicon

log = logging.getLogger(__name__)

LOOK_WITHIN_S = 1.0
"""So long the first turn after a silence waits for a newer catalog."""
WAIT_FOR_TURN_S = 3.5
"""WeChat hangs up after 5 s; what is left after waiting for an earlier message must still be answered in."""
LONG_TEXT_CHARS = 200
LONG_TALK_CHARS = 6_000
"""Reckoning takes a time that grows with the text and with the draft: over a longer text, or a talk whose stored form
is longer (a list of a hundred rows), a thread does it."""
STEPS_MAX = 8
"""What was heard, and the facts that follow from it; a longer chain is a bug."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to WeChat for one push."""

    text: str = ""
    transfer: bool = False


_A = TypeVarTuple("_A")
_R = TypeVar("_R")


class TalkBusyError(Exception):
    """The buyer's other messages kept the floor."""


class Conversation:
    """The buyers' side of the bot, for one event loop. `threads` do what may take long."""

    def __init__(self, services: Services, threads: Executor) -> None:
        self._services = services
        self._threads = threads
        self._misses = Misses(services, threads)
        self._heard_days = HeardDays(services)
        self._at_hand = AtHand()
        self._floor = Floor(services.redis, services.store, services.clock, self._in_thread)

    async def hear(self, push: Push) -> Answer:
        """Take one push through one turn. Never raises; a push seen before gets its first answer again."""
        try:
            return await self._hear(push)
        except TalkUnavailableError:
            log.error("redis is away: no dialog can be held")
        except SQLAlchemyError as error:
            log.error("the database is away: %s", type(error).__name__)
        except Exception:
            log.exception("a turn failed")
        return Answer(replies.out_of_order()) if _wants_an_answer(push) else Answer()

    def _in_thread(self, work: Callable[[*_A], _R], *args: *_A) -> Awaitable[_R]:
        """Have a thread do what may take long; meanwhile the event loop takes other turns."""
        return asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    async def _reckon(self, much: bool, work: Callable[[*_A], _R], *args: *_A) -> _R:
        """Compute: at once, or in a thread where there is much to compute."""
        return await self._in_thread(work, *args) if much else work(*args)

    async def _hear(self, push: Push) -> Answer:
        begun = await self._floor.begin(push.openid, push.key, WAIT_FOR_TURN_S)
        if isinstance(begun, Answered):
            return await self._rendered(push, _reply_from_json(begun.reply))
        if isinstance(begun, Busy):
            # The same push is being worked on by another worker (its answer will serve both), or the buyer's earlier
            # message takes longer than WeChat waits.
            return Answer()
        try:
            return await self._rendered(push, await self._turn(push, begun))
        except BaseException:
            await self._floor.release(begun)
            raise

    async def hear_later(self, push: Push) -> Reply:
        """Take one push through one turn whose answer goes out by push, from an event loop that ends with it.

        Gives the reply as it is stored, the same for the same push: a card key comes in when it is sent. Raises
        TalkBusyError, TalkUnavailableError and SQLAlchemyError: nothing has happened, and it may be tried again.
        """
        try:
            begun = await self._floor.begin(push.openid, push.key, WAIT_FOR_TURN_S)
            if isinstance(begun, Answered):
                return _reply_from_json(begun.reply).reply
            if isinstance(begun, Busy):
                raise TalkBusyError
            try:
                return (await self._turn(push, begun)).reply
            except BaseException:
                await self._floor.release(begun)
                raise
        finally:
            self._floor.close()

    async def _turn(self, push: Push, opened: Opened) -> "_Stored":
        services = self._services
        shelf, lexicon = await self._catalog()
        scene = scene_now(services, shelf)
        if push.kind != "event":
            self._heard_days.note(push.openid, scene.now)
        before = self._at_hand.read(opened.dialog)
        pace = counted(before.pace, scene.now)
        # A voice was let in when it came; what was said in it is not turned away any more.
        ruling = "take" if push.standing else verdict(pace, services.config.risk.buyer_limit)
        much = len(push.text) > LONG_TEXT_CHARS or len(opened.dialog or "") > LONG_TALK_CHARS
        heard = await self._reckon(much, _heard, push, before, scene, lexicon) if ruling == "take" else None
        if isinstance(heard, Said) and missed(heard.frame) and not isinstance(before.state, WithHuman):
            self._misses.note(push.openid, push.text, heard.frame.intent)
        dialog, reply = before, Reply()
        understood = frame_in_a_line(heard.frame) if isinstance(heard, Said) else ""
        if heard is not None:
            dialog, reply = await self._run(push, before, heard, scene, much)
        if ruling == "tell":
            reply = Reply(replies.too_fast())
        if isinstance(before.state, WithHuman):
            await self._in_thread(handoffs.heard, services, push.openid, _transcribed(push), understood)
        waiting: tuple[int, ...] = ()
        # What nobody reads the answer to (a page he opened, WeChat's word about a template) takes nothing with it.
        if opened.waiting and not push.standing and _wants_an_answer(push):
            waiting = await self._in_thread(telling.take_waiting, services, push.openid, push.key)
        stored = _Stored(reply, waiting)
        kept = await self._floor.commit(
            opened,
            dialog=self._at_hand.write(replace(dialog, pace=pace)),
            reply=_reply_to_json(stored),
            said=_transcribed(push),
            answered=reply.text,
            understood=understood,
        )
        if not kept:
            log.warning("a turn took longer than its lease, and another one came between; its talk is not kept")
        # After the commit: whoever leaves is forgotten together with this last turn.
        if push.event == "subscribe":
            await self._in_thread(followers.joined, services, push.openid)
        elif push.event == "unsubscribe":
            await self._in_thread(followers.left, services, push.openid)
        elif push.event == "kf_close_session":
            await self._in_thread(lambda: handoffs.end(services, push.openid, by="operator"))
        return stored

    async def _catalog(self) -> tuple[Shelf, Lexicon]:
        """The catalog at hand. Whether there is a newer one a thread looks, and nobody waits for that, except the first
        who speaks after a silence: what is at hand may be as old as that, and wrong in its prices."""
        shelf = self._services.shelf
        at_hand = shelf.at_hand()
        if at_hand is None:
            return await self._in_thread(shelf.current)
        if shelf.is_old():
            try:
                async with asyncio.timeout(LOOK_WITHIN_S):
                    return await asyncio.shield(self._in_thread(shelf.current))
            except (TimeoutError, SQLAlchemyError):
                log.warning("the catalog could not be looked for in time; going on with what is at hand")
        elif shelf.is_due():
            self._threads.submit(shelf.current)
        return at_hand

    async def _run(self, push: Push, dialog: Dialog, heard: Heard, scene: Scene, much: bool) -> tuple[Dialog, Reply]:
        """Step, carry the effects out, and let what became of them step again, until nothing is left to do."""
        pending: deque[Heard] = deque([heard])
        said: list[Reply] = []
        for _ in range(STEPS_MAX):
            if not pending:
                break
            turn = await self._reckon(much, step, dialog, pending.popleft(), scene)
            dialog = turn.dialog
            said.append(turn.reply)
            for effect in turn.effects:
                fact = await self._in_thread(self._carry_out, push, effect)
                if fact is not None:
                    pending.append(fact)
        else:
            log.error("a turn did not come to an end")
        return dialog, Reply(
            text="\n".join(reply.text for reply in said if reply.text),
            keys_of=tuple(order_no for reply in said for order_no in reply.keys_of),
            transfer=any(reply.transfer for reply in said),
        )

    def _carry_out(self, push: Push, effect: Effect) -> Fact | None:
        services = self._services
        match effect:
            case PlaceOrder(lines=lines, again=again):
                return ordering.place(services, push.openid, push.key, lines, again=again)
            case RemindMe(sku=sku):
                return reminders.remind(services, push.openid, sku)
            case CancelOrder(order_no=order_no):
                return ordering.cancel(services, push.openid, order_no)
            case FindOrders(purpose=purpose, limit=limit, order_no=only):
                return ordering.find(services, push.openid, purpose, limit, only)
            case OpenCase():
                return after_sale.open_case(services, push.openid, effect)
            case DropCase():
                return after_sale.drop_case(services, push.openid, effect)
            case AskRefund():
                return after_sale.ask_refund(services, push.openid, effect)
            case Rate():
                return after_sale.rate(services, push.openid, effect)
            case FindFavourites():
                return ordering.favourites(services, push.openid)
            case OpenHandoff():
                return handoffs.open_handoff(services, push.openid, effect, _transcribed(push))
            case Listen(standing=standing):
                return voices.take(services, push, standing)
            case FindBalance():
                return wallet.look(services, push.openid)
            case TopUp(amount_fen=amount_fen):
                return wallet.top_up(services, push.openid, push.key, amount_fen)
            case PayFromBalance(order_no=order_no):
                return wallet.pay(services, push.openid, order_no)
            case SetOneTap(on=on):
                return wallet.set_one_tap(services, push.openid, on=on)
            case Withdraw():
                return wallet.withdraw(services, push.openid)
            case EndHandoff():
                handoffs.end(services, push.openid, by="buyer")
                return None
            case _:
                assert_never(effect)

    async def _rendered(self, push: Push, stored: "_Stored") -> Answer:
        """Put the words together."""
        if stored.reply.keys_of or stored.waiting:
            return await self._in_thread(self._render_from_database, push, stored)
        return Answer(telling.fitted(stored.reply.text), stored.reply.transfer)

    def _render_from_database(self, push: Push, stored: "_Stored") -> Answer:
        """Card keys come in here, and go nowhere but to WeChat."""
        services = self._services
        parts = [stored.reply.text]
        parts += [telling.keys_text(services, push.openid, order_no) for order_no in stored.reply.keys_of]
        parts += [telling.push_text(services, push.openid, push_id) for push_id in stored.waiting]
        text = "\n\n".join(part for part in parts if part)
        return Answer(telling.fitted(text), stored.reply.transfer)


@dataclass(frozen=True, slots=True)
class _Stored:
    """A reply as the cache keeps it: words and references, never a card key."""

    reply: Reply
    waiting: tuple[int, ...] = ()


def _reply_to_json(stored: _Stored) -> bytes:
    reply = stored.reply
    if not reply.keys_of and not stored.waiting and not reply.transfer:
        return write_json({"t": reply.text})
    return write_json({"t": reply.text, "k": reply.keys_of, "x": reply.transfer, "w": stored.waiting})


def _reply_from_json(text: str) -> _Stored:
    stored = json.loads(text)
    return _Stored(
        Reply(
            text=stored["t"],
            keys_of=tuple(OrderNo(order_no) for order_no in stored.get("k", ())),
            transfer=stored.get("x", False),
        ),
        waiting=tuple(stored.get("w", ())),
    )


def _heard(push: Push, dialog: Dialog, scene: Scene, lexicon: Lexicon) -> Heard | None:
    """What the push means to the conversation; None for what is no talk (views, unknown events, unsubscribing)."""
    match push.kind, push.event:
        case "text", _:
            return as_heard(push.text, dialog, scene, lexicon)
        case "voice", _ if push.text.strip():
            late = push.standing not in ("", standing(dialog))
            return as_heard(push.text, dialog, scene, lexicon, channel="voice", late=late)
        case "voice", _:
            return Spoke()
        case "unheard", ("off" | "lost" | "silent" | "long" | "many") as why:
            return Unheard(why)
        case "link", _:
            return Linked(push.fields.get("Title", ""), push.fields.get("Url", ""))
        case ("image" | "location" | "file") as kind, _:
            return Showed(kind)
        case (("video" | "shortvideo"), _):
            return Showed("video")
        case "event", "click":
            return Pressed(push.event_key)
        case "event", "subscribe":
            return Followed(push.event_key.removeprefix("qrscene_"), first=True)
        case "event", "scan":
            return Followed(push.event_key, first=False)
        case "event", _:
            return None
        case _:
            return Showed("other")


def _transcribed(push: Push) -> str:
    return push.text or {"event": f"[{push.event} {push.event_key}]"}.get(push.kind, f"[{push.kind}]")


def _wants_an_answer(push: Push) -> bool:
    return push.kind != "event" or push.event in ("click", "subscribe", "scan")
