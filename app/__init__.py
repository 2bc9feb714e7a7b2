"""CouchTill: a shop's till that keeps selling without the network, and keeps its documents in step with CouchDB."""

__version__ = "0.1.0"
