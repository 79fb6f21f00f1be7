"""The output of a run or a ping for one person: its end, and the whole as a file."""

from io import BytesIO

import discord

from bot.core import outputs
from bot.core.states import View
from bot.discord_ui import runs, text
from bot.discord_ui.answers import Interaction, answer

_SHOWN = 1500
#: of the name of a file
_SLUG = 60


def described(view: View, output: str) -> str:
    """How a run stands, and the end of what it has printed, in one message."""
    slug = text.name(str(view["job"]))
    if "incident" in view:
        said = f"📄 **{slug}** incident #{view['incident']}: what the newest ping sent"
    else:
        said = f"📄 **{slug}** run #{view['id']}: {runs.ending(view)}"
    if not output.strip():
        return f"{said}\nnothing is stored of its output"
    # the block must be whole, or the output would be read as markdown
    room = min(_SHOWN, text.CONTENT - text.length(said) - 1)
    return f"{said}\n{text.code_block(output, room)}"


async def send(interaction: Interaction, view: View, output: str) -> None:
    """Answer with an output that is masked; nobody else sees it."""
    said = described(view, output)
    if not output.strip():
        await answer(interaction, content=said)
        return
    data = outputs.clipped(output.encode(), interaction.filesize_limit)
    of = f"incident-{view['incident']}" if "incident" in view else view["id"]
    name = f"{str(view['job'])[:_SLUG]}-{of}.txt"
    file = discord.File(BytesIO(data), filename=name)
    await answer(interaction, content=said, file=file)
