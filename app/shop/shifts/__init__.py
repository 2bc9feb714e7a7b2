"""Shifts: one drawer's sessions, from the float in the morning to the Z at night."""

from app.shop.shifts.shifts import Shifts

__all__ = ["Shifts"]
