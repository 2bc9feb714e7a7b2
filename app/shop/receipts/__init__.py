"""Receipts: finding them again, copies and gift receipts, and printing them on paper."""
