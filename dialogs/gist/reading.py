"""What a message is, read once: whether it only tells or asks something, and what it wants of the order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dialogs import paying, while_unpaid
from dialogs.gist.as_it_was import held_lines
from dialogs.gist.clauses import asks
from dialogs.gist.deciding import of_several, surely
from dialogs.gist.several import only_keeps
from dialogs.gist.telling import only_tells
from dialogs.gist.wishing import (
    has_reasons,
    names_others,
    says_of_which,
    wished,
    wished_instead,
    wished_with_reasons,
)
from dialogs.recounting import Open, recounted
from dialogs.restating import exchanged, restated
from dialogs.state import Confirming, Dialog, DraftLine, Idle
from dialogs.staying import staying
from dialogs.turn import Said, Scene

Lines = tuple[DraftLine, ...]
_OF_HIMSELF = re.compile("(?:我|咱|俺)们?(?:这|家|老?小区|楼|住|单位|公司)?[^,，\\s]{0,6}(?:没|不是|是)")
"""我们老小区没电梯的: tells how it is with him, and so what a choice is to be."""


@dataclass(frozen=True)
class Reading:
    """A message below a summary or below the link of an order that waits."""

    dialog: Dialog
    said: Said
    scene: Scene

    @cached_property
    def lines(self) -> Lines:
        """What it may change: the draft that is summed up, or the one order that waits."""
        state = self.dialog.state
        if isinstance(state, Confirming):
            return state.lines
        live = paying.live_unpaid(self.dialog, self.scene)
        return live.lines if live is not None and isinstance(state, Idle) and self.dialog.listed is None else ()

    @cached_property
    def is_told(self) -> bool:
        """Whether it only tells something, whatever was made of it."""
        if paying.live_unpaid(self.dialog, self.scene) is not None and while_unpaid.kind_of(self.said.text) is not None:
            return False
        held = held_lines(self.dialog, self.scene)
        if len(self.lines) > 1 and not self.read_by_word and only_keeps(self.lines, self.said.text, self.scene.shelf):
            return True
        if says_of_which(held, self.said.text, self.scene.shelf):
            return False
        ids = {code for item in self.said.frame.items for code in (item.product, *item.candidates) if code is not None}
        ids |= {line.product for line in held if line.product is not None}
        shelf = self.scene.shelf
        products = [product for code in sorted(ids) if (product := shelf.product(code)) is not None]
        return only_tells(self.said.text, products, shelf)

    @cached_property
    def asks(self) -> bool:
        """Whether it asks something, and no wish is put as a question."""
        return asks(self.said.text)

    @cached_property
    def has_reasons(self) -> bool:
        """Whether something is said beside what it names, in a clause of its own."""
        return has_reasons(self.said.text)

    @cached_property
    def names_others(self) -> bool:
        """Whether a product is named that the order has not."""
        return names_others(self.lines, self.said)

    @cached_property
    def given(self) -> Lines | None:
        """The lines with what surely is put right: an account, a choice, a name, an address."""
        return self._other(surely(self.lines, self.said.text, self.scene.shelf))

    @cached_property
    def gives_an_account(self) -> bool:
        """Whether what is put right stands in it letter by letter (车牌是我老公那台 浙A66F09 我的上个月充过)."""
        new = self.given if self.given is not None and len(self.given) == len(self.lines) else ()
        pairs = zip(self.lines, new, strict=False)
        changed = [v for old, one in pairs for k, v in one.fields.items() if old.fields.get(k) != v]
        if _OF_HIMSELF.match(self.said.text) and len(changed) == 1 and not changed[0].isdecimal():
            return True
        return any(len(value) > 4 and value in self.said.text for value in changed)

    @cached_property
    def several(self) -> Lines | None:
        """Of several lines those changed that it names."""
        return self._other(of_several(self.lines, self.said.text, self.scene.shelf))

    @cached_property
    def wished(self) -> Lines | None:
        """The lines as it wants them."""
        return wished(self.lines, self.said, self.scene)

    @cached_property
    def wished_instead(self) -> Lines | None:
        """The same where it may as well be an order of its own."""
        return wished_instead(self.lines, self.said, self.scene)

    @cached_property
    def wished_with_reasons(self) -> Lines | None:
        """The same where there is more than one clause."""
        return wished_with_reasons(self.lines, self.said, self.scene)

    @cached_property
    def wholly_read(self) -> bool:
        """Whether every word of it is known, and says how many of which of several lines, or which of them go."""
        return len(self.lines) > 1 and isinstance(self._recounted, tuple)

    @cached_property
    def _recounted(self) -> Lines | Open | None:
        return recounted(self.lines, self.said.text, self.said.frame.items, self.scene.shelf)

    @cached_property
    def read_by_word(self) -> bool:
        """Whether there is nothing in it that the older rules leave over."""
        shelf, text, items = self.scene.shelf, self.said.text, self.said.frame.items
        if self._recounted is not None or staying(self.lines, self.said, shelf) is not None:
            return True
        anew = restated(self.lines, text, items, shelf) or exchanged(self.lines, text, items, shelf)
        return anew is not None or self.names_others

    def _other(self, new: Sequence[DraftLine] | None) -> Lines | None:
        return tuple(new) if new is not None and tuple(new) != self.lines else None
