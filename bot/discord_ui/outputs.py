"""The output of a run for one person: its end in the message, the whole as a file."""

from io import BytesIO

import discord

from bot.core import outputs
from bot.core.states import View
from bot.discord_ui import runs, text
from bot.discord_ui.answers import Interaction, answer

_SHOWN = 1500
#: of the name of a file
_SLUG = 60


async def send(interaction: Interaction, view: View, output: str) -> None:
    """Answer with an output that is masked; nobody else sees it."""
    said = f"📄 **{text.name(str(view['job']))}** run #{view['id']}: "
    said += runs.ending(view)
    if not output.strip():
        nothing = "nothing is stored of its output"
        await answer(interaction, content=f"{said}\n{nothing}")
        return
    block = text.code_block(output, _SHOWN)
    data = outputs.clipped(output.encode(), interaction.filesize_limit)
    name = f"{str(view['job'])[:_SLUG]}-{view['id']}.txt"
    file = discord.File(BytesIO(data), filename=name)
    await answer(interaction, content=f"{said}\n{block}", file=file)
