"""The document store: one SQLite file a database, CouchDB's documents, revisions and conflicts.

`json`, `revision`, `tree` and `selector` are pure functions on plain data; `errors` are the names CouchDB gives to what
can go wrong. `database` puts them on disk, `directory` holds several databases of one node. Nothing here knows of
shops, of HTTP or of replication.
"""
