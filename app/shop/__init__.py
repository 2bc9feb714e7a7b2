"""What a shop knows: its documents, its money, its journal, its till. No HTTP, no replication."""
