"""Text → Frame. Pure: knows a Lexicon (names as data), never the catalog's tables, a clock or a database."""

from nlu.frame import Expecting, Frame, Item, frame_to_json
from nlu.lexicon import Lexicon
from nlu.parsing import parse
from nlu.trace import Trace

__all__ = ["Expecting", "Frame", "Item", "Lexicon", "Trace", "frame_to_json", "parse"]
