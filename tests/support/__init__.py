"""Real servers, real clients and bad networks for the tests: nothing in here pretends to be CouchDB."""
