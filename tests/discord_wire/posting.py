"""How a body becomes a message, in a channel or as an answer."""

from typing import Any

from tests.discord_wire import components, mentions
from tests.discord_wire.calls import Call
from tests.discord_wire.errors import (
    ApiError,
    InvalidForm,
    Problem,
    missing_permissions,
)
from tests.discord_wire.guilds import Channel
from tests.discord_wire.interactions import Interaction
from tests.discord_wire.mentions import Allowed
from tests.discord_wire.messages import Message, MessageFlag
from tests.discord_wire.permissions import Permission

Json = dict[str, Any]

GUILD_MESSAGES = 1 << 9
DIRECT_MESSAGES = 1 << 12


def post(call: Call, channel: Channel) -> Message:
    """Post the body of the call in a channel."""
    repeated = _same_nonce(call, channel)
    if repeated is not None:
        return repeated
    body = _without_forbidden_embeds(call, channel, call.body)
    message = _new(call, channel)
    message.reply_to = _replied_to(call, channel, body)
    message.nonce = _nonce_of(body)
    message.tts = bool(body.get("tts"))
    fill(call, message, body)
    if message.nonce is not None:
        key = channel.id, message.nonce
        call.state.nonces[key] = call.state.clock.monotonic(), message
    keep(call, message)
    return message


def answer(call: Call, interaction: Interaction, body: Json) -> Message:
    """A message that answers an interaction."""
    message = _answering(call, interaction, body)
    fill(call, message, body)
    keep(call, message)
    return message


def loading(call: Call, interaction: Interaction, body: Json) -> Message:
    """A message that says that the bot is thinking."""
    message = _answering(call, interaction, body)
    message.flags |= MessageFlag.LOADING
    keep(call, message)
    return message


def _answering(call: Call, interaction: Interaction, body: Json) -> Message:
    message = _new(call, interaction.channel)
    flags = MessageFlag(body.get("flags") or 0)
    if flags & MessageFlag.EPHEMERAL:
        message.flags |= MessageFlag.EPHEMERAL
        message.seen_by = interaction.user
    message.application_id = call.state.application_id
    message.interaction_id = interaction.id
    message.interaction_name = interaction.name
    message.interaction_user = interaction.user
    message.interaction_type = int(interaction.type)
    return message


def fill(call: Call, message: Message, body: Json) -> None:
    """Take over a body into a new message."""
    message.change(body)
    message.attach(body, call.request, call.state.snowflakes.new())
    refuse_empty(message)
    shown = "\n".join([message.content, *components.texts(message.components)])
    message.pings = mentions.pings(
        shown,
        Allowed.of(body),
        guild=call.state.guild_of(message.channel),
        channel=message.channel,
        author_id=message.author.id,
        replied_to=message.reply_to.author.id if message.reply_to else None,
    )


def keep(call: Call, message: Message) -> None:
    """Let everybody who may see a new message see it."""
    call.state.messages[message.id] = message
    if message.seen_by is None:
        message.channel.last_message_id = message.id
        announce(call, "MESSAGE_CREATE", message)
    call.state.changes.notify()


def edit(call: Call, message: Message, body: Json) -> None:
    """Change a message by the body of a call; nobody is notified."""
    if message.interaction_id is None:
        body = _without_forbidden_embeds(call, message.channel, body, is_edit=True)
    message.edit(body, call.state.clock.now())
    message.attach(body, call.request, call.state.snowflakes.new())
    refuse_empty(message)
    if message.seen_by is None:
        announce(call, "MESSAGE_UPDATE", message)
    call.state.changes.notify()


def delete(call: Call, message: Message) -> None:
    """Take a message away."""
    message.is_deleted = True
    if message.seen_by is None:
        announce(call, "MESSAGE_DELETE", message)
    call.state.changes.notify()


def announce(call: Call, event: str, message: Message) -> None:
    """Tell the gateway of a message that all see."""
    guild_id = message.channel.guild_id
    of_guild = {} if guild_id is None else {"guild_id": str(guild_id)}
    data: Json = {"id": str(message.id), "channel_id": str(message.channel.id)}
    if event != "MESSAGE_DELETE":
        data = message.payload()
    intent = GUILD_MESSAGES if of_guild else DIRECT_MESSAGES
    call.dispatch(event, {**data, **of_guild}, intent=intent)


def refuse_empty(message: Message) -> None:
    """Discord's answer to a message with nothing in it."""
    if message.is_empty and not message.is_loading:
        raise ApiError(400, 50006, "Cannot send an empty message", is_violation=True)


def _new(call: Call, channel: Channel) -> Message:
    return Message(
        id=call.state.snowflakes.new(), channel=channel, author=call.state.bot
    )


def _nonce_of(body: Json) -> str | None:
    return None if body.get("nonce") is None else str(body["nonce"])


def _same_nonce(call: Call, channel: Channel) -> Message | None:
    nonce = _nonce_of(call.body)
    if nonce is None or not call.body.get("enforce_nonce"):
        return None
    at, message = call.state.nonces.get((channel.id, nonce), (0.0, None))
    age_s = call.state.clock.monotonic() - at
    return message if message and age_s < call.state.rules.nonce_window_s else None


def _without_forbidden_embeds(
    call: Call, channel: Channel, body: Json, *, is_edit: bool = False
) -> Json:
    """Without the right to embed, embeds vanish; nothing but embeds is refused."""
    if not body.get("embeds") or call.has(channel, Permission.EMBED_LINKS):
        return body
    rest = {name: value for name, value in body.items() if name != "embeds"}
    shown = ("content", "components", "attachments")
    if not is_edit and not any(rest.get(name) for name in shown):
        raise missing_permissions()
    return rest


def _replied_to(call: Call, channel: Channel, body: Json) -> Message | None:
    reference = body.get("message_reference")
    if not reference:
        return None
    if not call.has(channel, Permission.READ_MESSAGE_HISTORY):
        text = "Cannot reply without permission to read message history"
        raise ApiError(400, 160002, text)
    found = call.state.messages.get(int(reference["message_id"]))
    if found and found.channel is channel and not found.is_deleted:
        return found
    if reference.get("fail_if_not_exists") is False:
        return None
    path = ("message_reference",)
    problem = Problem(path, "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    error = InvalidForm([problem])
    # somebody may have deleted it meanwhile: no fault of the bot
    error.is_violation = False
    raise error
