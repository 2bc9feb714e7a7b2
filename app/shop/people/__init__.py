"""Who works at a till: people and their PINs, what each may do, and what a supervisor lends them for once."""
