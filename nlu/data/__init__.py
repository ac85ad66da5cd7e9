"""Tables and weights, written by nlu.tables and nlu.train; nothing here is edited by hand."""
