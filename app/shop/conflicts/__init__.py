"""Documents in dispute: what rules join by themselves, what a person decides, and what is written for it."""
