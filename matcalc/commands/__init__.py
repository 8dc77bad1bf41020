"""The subcommands of the command line, loaded when they are first used."""
