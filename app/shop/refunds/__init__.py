"""Refunds: what of a receipt can still be given back, its figures to the cent, and how it is paid out.

`figures` and `payout` are pure; `known` gathers what this terminal knows of earlier returns; `refunds` writes.
"""
