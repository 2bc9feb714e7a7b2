"""CouchDB's HTTP API, as far as replication needs it: what PouchDB, CouchDB and other nodes speak to."""
