"""People: what they type, press and choose, and what they see of the answer."""

from typing import Any

from tests.discord_wire import components, modals
from tests.discord_wire.calls import Dispatch
from tests.discord_wire.guilds import Channel, ChannelType, Guild, User, bits
from tests.discord_wire.interactions import (
    Answer,
    CallbackType,
    Interaction,
    InteractionType,
    NoAnswer,
)
from tests.discord_wire.messages import Message
from tests.discord_wire.options import Typed, nested
from tests.discord_wire.permissions import EVERYTHING, Permission
from tests.discord_wire.state import State

Json = dict[str, Any]

_OF_GUILD = (components.ROLE_SELECT, components.CHANNEL_SELECT)


class Person:
    """A member of a guild who uses the bot."""

    def __init__(
        self,
        state: State,
        dispatch: Dispatch,
        *,
        user: User,
        guild: Guild,
        channel: Channel,
    ) -> None:
        self._state = state
        self._dispatch = dispatch
        self.user = user
        self.guild = guild
        #: where this person types commands
        self.channel = channel

    @property
    def id(self) -> int:
        """The id of the user."""
        return self.user.id

    @property
    def mention(self) -> str:
        """What mentions this person in a message."""
        return f"<@{self.user.id}>"

    async def command(
        self,
        path: str,
        *,
        anyway: bool = False,
        settle: bool = True,
        **options: Any,
    ) -> Answer:
        """Give a command, such as `job list`.

        It must be offered to this person, or `anyway` (a guild's settings may offer it
        to others too). With `settle`, wait also until a deferred answer is there.
        """
        command, names, declared = self._state.commands.find(path, self.guild.id)
        is_offered = anyway or self._is_offered(command)
        assert is_offered, f"{path!r} is not offered to {self.user.username}"
        typed = Typed(declared, self.guild)
        typed.fill(options)
        data = _command_data(command, names, typed)
        sent = self._send(InteractionType.COMMAND, path, data)
        return await self._answer(sent, settle=settle)

    async def autocomplete(
        self, path: str, option: str, text: object, **options: Any
    ) -> Answer:
        """Type into an option of a command; what is offered is in `choices`."""
        command, names, declared = self._state.commands.find(path, self.guild.id)
        typed = Typed(declared, self.guild)
        typed.ask(option, text, options)
        data = _command_data(command, names, typed)
        sent = self._send(InteractionType.AUTOCOMPLETE, path, data)
        return await self._answer(sent)

    async def press(
        self, message: Message | Answer, button: str, *, settle: bool = True
    ) -> Answer:
        """Press the button with this label or custom id."""
        shown = self._seen(message)
        pressed = components.button(shown.components, button)
        custom_id = pressed["custom_id"]
        data = {"component_type": components.BUTTON, "custom_id": custom_id}
        sent = self._send(InteractionType.COMPONENT, custom_id, data, shown)
        return await self._answer(sent, settle=settle)

    async def choose(
        self,
        message: Message | Answer,
        custom_id: str,
        *values: str,
        settle: bool = True,
    ) -> Answer:
        """Choose values, or labels, in the select with this custom id."""
        shown = self._seen(message)
        select = components.select(shown.components, custom_id)
        chosen = components.chosen(select, values)
        data = {
            "component_type": select["type"],
            "custom_id": custom_id,
            "values": chosen,
            **_resolved(select, chosen, self.guild),
        }
        sent = self._send(InteractionType.COMPONENT, custom_id, data, shown)
        return await self._answer(sent, settle=settle)

    async def submit(
        self, form: Answer, *, settle: bool = True, **values: str
    ) -> Answer:
        """Fill in and send a modal; values go by custom id or label."""
        modal = form.modal
        data = {
            "custom_id": modal["custom_id"],
            "components": modals.filled(modal["components"], values),
        }
        about = form.interaction.message
        sent = self._send(InteractionType.MODAL, modal["custom_id"], data, about)
        return await self._answer(sent, settle=settle)

    def sees(self, message: Message) -> bool:
        """Whether this person sees a message."""
        return not message.is_deleted and message.seen_by in {None, self.user}

    def _seen(self, shown: Message | Answer) -> Message:
        message = shown.message if isinstance(shown, Answer) else shown
        assert self.sees(message), f"{self.user.username} does not see the message"
        return message

    def _is_offered(self, command: Json) -> bool:
        needed = command.get("default_member_permissions")
        has = self.guild.permissions_of(self.user.id, self.channel)
        if needed is None or has == EVERYTHING:
            return True
        wanted = Permission(int(needed))
        return bool(wanted) and has & wanted == wanted

    def _send(
        self,
        kind: InteractionType,
        name: str,
        data: Json,
        message: Message | None = None,
    ) -> Interaction:
        channel = message.channel if message else self.channel
        interaction = Interaction(
            id=self._state.snowflakes.new(),
            type=kind,
            user=self.user,
            channel=channel,
            guild=self.guild,
            name=name,
            message=message,
            sent_at=self._state.clock.monotonic(),
        )
        self._state.interactions[interaction.id] = interaction
        self._dispatch("INTERACTION_CREATE", self._payload(interaction, data))
        return interaction

    def _payload(self, interaction: Interaction, data: Json) -> Json:
        guild, channel, bot = self.guild, interaction.channel, self._state.bot
        has = guild.permissions_of(self.user.id, channel)
        bot_has = guild.permissions_of(bot.id, channel)
        message = interaction.message
        return {
            "id": str(interaction.id),
            "application_id": str(self._state.application_id),
            "type": int(interaction.type),
            "token": interaction.token,
            "version": 1,
            "data": data,
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "locale": "en-US",
            "channel_id": str(channel.id),
            "channel": {**channel.payload(), "permissions": bits(has)},
            "member": {
                **guild.members[self.user.id].payload(),
                "permissions": bits(has),
            },
            "app_permissions": bits(bot_has),
            "entitlements": [],
            "entitlement_sku_ids": [],
            "attachment_size_limit": self._state.rules.file_bytes,
            "authorizing_integration_owners": {"0": str(guild.id)},
            "context": 0,
            **({} if message is None else {"message": message.payload()}),
        }

    async def _answer(self, sent: Interaction, *, settle: bool = True) -> Answer:
        """Wait for the callback; NoAnswer when it does not come in time."""
        changes, patience_s = self._state.changes, self._state.rules.answer_within_s
        try:
            await changes.until(lambda: sent.callback, patience_s=patience_s)
        except AssertionError:
            text = f"nothing answered {sent.name!r} within {patience_s} s"
            raise NoAnswer(text) from None
        answer = Answer(sent)
        if settle and answer.type is CallbackType.DEFERRED_MESSAGE:
            await settled(self._state, answer)
        return answer


def _resolved(select: Json, chosen: list[str], guild: Guild) -> Json:
    """What Discord adds to ids of channels and roles that were chosen."""
    ids = [int(each) for each in chosen] if select["type"] in _OF_GUILD else []
    if select["type"] == components.CHANNEL_SELECT:
        allowed = select.get("channel_types") or [*ChannelType]
        assert all(guild.channels[each].type in allowed for each in ids), allowed
        found = {
            str(each): {**guild.channels[each].payload(), "permissions": "0"}
            for each in ids
        }
        return {"resolved": {"channels": found}}
    if select["type"] == components.ROLE_SELECT:
        there = {str(each): guild.roles[each].payload() for each in ids}
        return {"resolved": {"roles": there}}
    return {}


async def settled(state: State, answer: Answer) -> None:
    """Wait until the bot is no longer thinking."""
    message = answer.message
    what = f"the answer to {answer.interaction.name!r} after it was deferred"
    await state.changes.until(
        lambda: message.is_deleted or not message.is_loading, what
    )


def _command_data(command: Json, names: list[str], typed: Typed) -> Json:
    data = {
        "id": command["id"],
        "name": command["name"],
        "type": command["type"],
        "options": nested(names, typed.options),
    }
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return {**data, "resolved": typed.resolved} if typed.resolved else data
