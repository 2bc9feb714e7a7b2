"""What the command line does with documents: in and out of databases, files or URLs. No arguments, no printing."""
