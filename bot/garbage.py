"""How often Python looks for objects that keep each other alive."""

import gc

#: objects that are made between two searches
BETWEEN = 50_000


def settle() -> None:
    """What the start has made stays: searches pass it over, and come seldom.

    Pings leave no such objects, but make so many that the search ran all the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(BETWEEN)
