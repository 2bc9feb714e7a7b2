"""What lives at the central: its databases, their security, its users. Imports nothing of ``app``."""
