"""What he wants of all he says: the gist of a correction with reasons and chatter around it."""
