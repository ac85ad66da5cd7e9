"""Talks as this process wrote them down last: whoever writes on finds his own without its being read again."""

from collections import OrderedDict

from dialogs.state import Dialog, from_json, to_json

KEPT_MAX = 1_000


class AtHand:
    """Dialogs by their stored form. A talk that another process took on is stored in another form, so what is found
    here is never out of date."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Dialog] = OrderedDict()

    def read(self, stored: str | None) -> Dialog:
        """The dialog of a stored form, as `from_json` reads it."""
        return self._kept.pop(stored or "", None) or from_json(stored)

    def write(self, dialog: Dialog) -> str:
        """Write a dialog down, and keep it at hand."""
        stored = to_json(dialog)
        self._kept[stored] = dialog
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return stored
