"""Writing down what a buyer spoke: the sound of a voice message → its words."""
