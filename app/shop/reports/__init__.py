"""What was sold, in sums: figures of one order, sums of a day, reports over ranges of days, and the books' journal."""
