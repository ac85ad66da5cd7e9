"""How `kabot parse --explain` shows a reading: what was found, what competed, what won and what was dropped."""

from rich.console import Console
from rich.markup import escape

from nlu import Frame, Trace

_SHADES = {"product": "green", "category": "green", "account": "magenta", "an amount": "cyan", "how many": "yellow"}


def explain(trace: Trace, frame: Frame, console: Console) -> None:
    """Print one reading; in colour where the console has it, plain otherwise."""
    console.print(_marked(trace))
    for found in trace.found:
        _row(console, "found", f"{found.start:>3}–{found.end:<3} {found.words}", f"{found.what} · {found.how}", "green")
    for words, why in trace.dropped:
        _row(console, "dropped", words, why, "red")
    if trace.blanked:
        _row(console, "wording", trace.blanked, "all that the intent model sees", "blue")
    for p, intent, against in trace.intents:
        chosen = intent == frame.intent and not against
        _row(console, "intent", f"{p:>6.1%} {intent}", against and f"ruled out: {against}", "bold" if chosen else "dim")
    for one in trace.goods:
        means = one.means or "cannot be one of its denominations"
        _row(console, "goods", f"{one.words} for {one.product}", means, "bold" if one.won else "dim")
    _row(console, "so", frame.intent, f"{trace.why or 'nothing was found'} (confidence {frame.confidence})", "bold")


def _row(console: Console, kind: str, words: str, note: str, style: str) -> None:
    line = f"  [dim]{kind:<8}[/dim] [{style}]{escape(words)}[/{style}]"
    console.print(line + (f"  [dim]{escape(note)}[/dim]" if note else ""), soft_wrap=True)


def _marked(trace: Trace) -> str:
    """Write the message with what was found in it in colour."""
    parts, place = [], 0
    for found in trace.found:
        if found.start >= place:
            shade = next((colour for what, colour in _SHADES.items() if found.what.startswith(what)), "yellow")
            parts += [escape(trace.text[place : found.start]), f"[{shade}]{escape(found.words)}[/{shade}]"]
            place = found.end
    return "".join([*parts, escape(trace.text[place:])])
