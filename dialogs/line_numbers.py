"""Several lines by their numbers, in the one form that everything behind reads (第2、3件, 第2件第3件: 第2件和第3件)."""

import re

from dialogs.state import Collecting, Confirming, Dialog

_NUMBER = "(?:[1-9]\\d?|[一二两三四五六七八九十])"
_OF = "[件单条样个张份项行笔]"
_AND = "(?:[、和跟与及 ]|还有|以及)"
_SEVERAL = re.compile(
    rf"第{_NUMBER}{_OF}?(?:{_AND}?第{_NUMBER}{_OF}?)+"
    rf"|第{_NUMBER}(?:[、和跟与及,，]{_NUMBER})+{_OF}"
)
_EACH = re.compile(_NUMBER)


def with_line_numbers(text: str, dialog: Dialog) -> str:
    """The message with the numbers of several lines joined; the same where there are not several lines."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming) or len(state.lines) < 2:
        return text
    return _SEVERAL.sub(lambda found: "和".join(f"第{number}件" for number in _EACH.findall(found[0])), text)
