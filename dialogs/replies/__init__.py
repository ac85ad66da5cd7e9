"""All wording that buyers read, and nothing else. Short, warm, plain Chinese; at most one emoji a message.

Every text stands in a `@line` (named as its function) or a `phrase`, so that the shop's owner can put his own in its
place (docs/wording.md). A new text: add one of the two in the file of its kind of talk; what is worked out beforehand
goes in by a placeholder. Callers write `replies.name`, whatever the file.
"""

from dialogs.replies.accounts import *
from dialogs.replies.after_sale import *
from dialogs.replies.asking import *
from dialogs.replies.in_its_place import *
from dialogs.replies.invoices import *
from dialogs.replies.lists import *
from dialogs.replies.mistakes import *
from dialogs.replies.orders import *
from dialogs.replies.own_order import *
from dialogs.replies.paying import *
from dialogs.replies.people import *
from dialogs.replies.pushes import *
from dialogs.replies.refunds import *
from dialogs.replies.restock import *
from dialogs.replies.risk import *
from dialogs.replies.saying import *
from dialogs.replies.shop import *
from dialogs.replies.smalltalk import *
from dialogs.replies.summaries import *
from dialogs.replies.unpaid import *
from dialogs.replies.wallet import *
from dialogs.replies.words import *
