"""Channels and the messages in them."""

from tests.discord_wire import posting
from tests.discord_wire.calls import Call, Routes, number
from tests.discord_wire.errors import ApiError, missing_permissions, unknown
from tests.discord_wire.guilds import Channel, ChannelType
from tests.discord_wire.messages import Message
from tests.discord_wire.permissions import Permission
from tests.discord_wire.replies import Reply

CHANNEL = "/channels/{channel_id}"
MESSAGES = f"{CHANNEL}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"

_GUILDS = 1 << 0


def show(call: Call) -> Reply:
    """GET of a channel."""
    return Reply(200, call.channel().payload())


def listing(call: Call) -> Reply:
    """GET of messages, newest first."""
    channel = call.channel()
    limit = number(call, "limit", 50, 1, 100)
    if not call.has(channel, Permission.READ_MESSAGE_HISTORY):
        return Reply(200, [])
    messages = _chosen(call, call.state.messages_in(channel.id), limit)
    return Reply(200, [each.payload() for each in reversed(messages)])


def _chosen(call: Call, messages: list[Message], limit: int) -> list[Message]:
    query = call.request.query
    if "around" in query:
        middle, half = int(query["around"]), limit // 2
        older = [each for each in messages if each.id < middle][-half:]
        newer = [each for each in messages if each.id >= middle]
        return older + newer[: limit - len(older)]
    if "after" in query:
        return [each for each in messages if each.id > int(query["after"])][:limit]
    if "before" in query:
        messages = [each for each in messages if each.id < int(query["before"])]
    return messages[-limit:]


def create(call: Call) -> Reply:
    """POST of a message."""
    channel = call.channel(Permission.SEND_MESSAGES)
    if channel.parent is not None:
        channel.is_archived, channel.said = False, channel.said + 1
    if call.request.files and not call.has(channel, Permission.ATTACH_FILES):
        raise missing_permissions()
    return Reply(200, posting.post(call, channel).payload())


def read(call: Call) -> Reply:
    """GET of one message."""
    call.channel(Permission.READ_MESSAGE_HISTORY)
    return Reply(200, _message(call).payload())


def update(call: Call) -> Reply:
    """PATCH of a message, which must be the bot's own."""
    call.channel()
    message = _message(call)
    if message.author is not call.state.bot:
        text = "Cannot edit a message authored by another user"
        raise ApiError(403, 50005, text, is_violation=True)
    posting.edit(call, message, call.body)
    return Reply(200, message.payload())


def delete(call: Call) -> Reply:
    """DELETE of a message."""
    channel = call.channel()
    message = _message(call)
    is_own = message.author is call.state.bot
    if not is_own and not call.has(channel, Permission.MANAGE_MESSAGES):
        raise missing_permissions()
    posting.delete(call, message)
    return Reply()


def _message(call: Call) -> Message:
    message = call.state.messages.get(call.id("message_id"))
    is_there = message and not message.is_deleted and message.seen_by is None
    if message is None or not is_there or message.channel.id != call.id("channel_id"):
        raise unknown("Message")
    return message


def open_thread(call: Call) -> Reply:
    """POST of a thread on a message, whose id it gets."""
    channel = call.channel(Permission.CREATE_PUBLIC_THREADS)
    if channel.type is not ChannelType.TEXT:
        text = "Cannot execute action on this channel type"
        raise ApiError(400, 50024, text)
    message = _message(call)
    guild = call.state.guild_of(channel)
    assert guild is not None
    if message.id in guild.threads:
        text = "A thread has already been created for this message"
        raise ApiError(400, 160004, text)
    thread = Channel(
        id=message.id,
        name=call.body["name"],
        type=ChannelType.PUBLIC_THREAD,
        guild_id=guild.id,
        parent=channel,
        owner_id=call.state.bot.id,
    )
    guild.threads[thread.id] = call.state.channels[thread.id] = thread
    told = {**thread.payload(), "newly_created": True}
    call.dispatch("THREAD_CREATE", told, intent=_GUILDS)
    call.state.changes.notify()
    return Reply(201, thread.payload())


def change(call: Call) -> Reply:
    """PATCH of a thread of the bot's own."""
    thread = call.channel()
    if thread.parent is None or thread.owner_id != call.state.bot.id:
        raise missing_permissions()
    thread.is_archived = call.body.get("archived", thread.is_archived)
    call.dispatch("THREAD_UPDATE", thread.payload(), intent=_GUILDS)
    call.state.changes.notify()
    return Reply(200, thread.payload())


ROUTES: Routes = {
    ("PATCH", CHANNEL): change,
    ("POST", f"{MESSAGE}/threads"): open_thread,
    ("GET", CHANNEL): show,
    ("GET", MESSAGES): listing,
    ("POST", MESSAGES): create,
    ("GET", MESSAGE): read,
    ("PATCH", MESSAGE): update,
    ("DELETE", MESSAGE): delete,
}
