"""How an order is paid: its tenders, its rounding in cash, gift cards' codes, card terminals."""
