"""`python -m bot` is `cronitor`."""

from bot.cli.entry import main

if __name__ == "__main__":
    main()
