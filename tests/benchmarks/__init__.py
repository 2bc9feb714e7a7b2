"""`make bench`: how fast it is, as ratios against peers measured in the same run on the same server."""
