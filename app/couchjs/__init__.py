"""Runs the JavaScript of design documents, as CouchDB's `couchjs` does: in processes of its own."""
