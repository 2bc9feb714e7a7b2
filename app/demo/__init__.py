"""The demo: a hub, two terminals and head office as real processes, a sample shop, and the page that shows them."""
