"""What the engine advises, in the commands of Discord."""

_INSTEAD = {
    "`cronitor job list`": "`/job list`",
    "`cronitor incident list --all`": "`/incident list`",
    "`cronitor runs JOB`": "`/job log`",
    "(cronitor cancel ": "(/job cancel ",
}


def in_discord(said: str) -> str:
    """The words of an error; a command that Discord lacks stays as it is."""
    for command, instead in _INSTEAD.items():
        said = said.replace(command, instead)
    return said
