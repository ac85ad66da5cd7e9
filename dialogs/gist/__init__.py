"""What he wants of all he says: the gist of a correction with reasons and chatter around it."""

from dialogs.gist.adding import besides
from dialogs.gist.deciding import gist, of_several, surely
from dialogs.gist.instead import instead
from dialogs.gist.taking import or_its_gist

__all__ = ["besides", "gist", "instead", "of_several", "or_its_gist", "surely"]
