"""Taking a person's data out of every node, for ever."""
