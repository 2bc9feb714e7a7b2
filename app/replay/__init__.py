"""Real receipts, sold once more: `python -m app.replay` (`make replay`).

A central, terminals of three stores as processes of their own, the catalogue of a real grocer, and his receipts, sold
through the terminals' JSON API while lines are cut and terminals killed. At the end everything must be everywhere,
once.
"""
