"""What a guild's people change while the bot is there, each with its event."""

from tests.discord_wire.gateway import GUILDS, Gateway
from tests.discord_wire.guilds import Channel, ChannelType, Guild, Role
from tests.discord_wire.messages import Message
from tests.discord_wire.people import Person
from tests.discord_wire.permissions import NOTHING, Overwrite, Permission
from tests.discord_wire.posting import GUILD_MESSAGES
from tests.discord_wire.state import State, new_token


class Administration:
    """Changes of guilds; the first guild and its channel are the defaults."""

    def __init__(self, state: State, gateway: Gateway) -> None:
        self.state = state
        self.gateway = gateway
        self.guild = state.add_guild("acme")
        self.channel = state.add_channel(self.guild, "alerts")

    def person(
        self,
        name: str,
        *,
        roles: tuple[Role, ...] = (),
        manage_guild: bool = False,
        administrator: bool = False,
        guild: Guild | None = None,
        channel: Channel | None = None,
    ) -> Person:
        """Somebody new in the guild."""
        home = guild or self.guild
        user = self.state.add_user(name)
        member = self.state.add_member(home, user, *(role.id for role in roles))
        wanted = Permission.MANAGE_GUILD if manage_guild else NOTHING
        wanted |= Permission.ADMINISTRATOR if administrator else NOTHING
        if wanted:
            role = self.add_role(f"of {name}", permissions=wanted, guild=home)
            member.role_ids.append(role.id)
        return Person(
            self.state,
            self.gateway.dispatch,
            user=user,
            guild=home,
            channel=channel or self.channel,
        )

    def add_guild(self, name: str) -> Guild:
        """A further guild, with the bot in it."""
        guild = self.state.add_guild(name)
        self.gateway.dispatch(
            "GUILD_CREATE",
            guild.gateway_payload(self.state.bot.id),
            intent=GUILDS,
        )
        return guild

    def add_role(
        self,
        name: str,
        *,
        permissions: Permission = NOTHING,
        is_mentionable: bool = False,
        guild: Guild | None = None,
    ) -> Role:
        """A new role."""
        home = guild or self.guild
        role = self.state.add_role(
            home, name, permissions=permissions, is_mentionable=is_mentionable
        )
        self._tell_role("GUILD_ROLE_CREATE", home, role)
        return role

    def change_role(self, role: Role, permissions: Permission) -> None:
        """Give a role other permissions."""
        role.permissions = permissions
        home = next(x for x in self.state.guilds.values() if role.id in x.roles)
        self._tell_role("GUILD_ROLE_UPDATE", home, role)

    def add_channel(
        self,
        name: str,
        kind: ChannelType = ChannelType.TEXT,
        *,
        guild: Guild | None = None,
    ) -> Channel:
        """A new channel."""
        channel = self.state.add_channel(guild or self.guild, name, kind)
        self._tell_channel("CHANNEL_CREATE", channel)
        return channel

    def delete_channel(self, channel: Channel) -> None:
        """Take a channel away, with all that is in it."""
        del self.state.channels[channel.id]
        home = self.state.guild_of(channel)
        assert home is not None
        del home.channels[channel.id]
        self._tell_channel("CHANNEL_DELETE", channel)

    def delete_thread(self, thread: Channel) -> None:
        """Take a thread away, as a moderator does."""
        home = self.state.guild_of(thread)
        assert home is not None
        assert thread.parent is not None
        del self.state.channels[thread.id], home.threads[thread.id]
        data = {
            "id": str(thread.id),
            "guild_id": str(home.id),
            "parent_id": str(thread.parent.id),
            "type": int(thread.type),
        }
        self.gateway.dispatch("THREAD_DELETE", data, intent=GUILDS)

    def delete_message(self, message: Message) -> None:
        """Take a message away, as a moderator does."""
        message.is_deleted = True
        data = {"id": str(message.id), "channel_id": str(message.channel.id)}
        if message.channel.guild_id is not None:
            data["guild_id"] = str(message.channel.guild_id)
        self.gateway.dispatch("MESSAGE_DELETE", data, intent=GUILD_MESSAGES)
        self.state.changes.notify()

    def say(self, person: Person, text: str, channel: Channel | None = None) -> Message:
        """A message of a person."""
        place = channel or person.channel
        new_id = self.state.snowflakes.new()
        message = Message(id=new_id, channel=place, author=person.user, content=text)
        self.state.messages[message.id] = message
        place.last_message_id = message.id
        data = message.payload()
        if place.guild_id is not None:
            data["guild_id"] = str(place.guild_id)
        self.gateway.dispatch("MESSAGE_CREATE", data, intent=GUILD_MESSAGES)
        return message

    def revoke(self, channel: Channel, permission: Permission) -> None:
        """Deny the bot something in a channel."""
        overwrite = self._overwrite(channel)
        overwrite.deny |= permission
        overwrite.allow &= ~permission
        self._tell_channel("CHANNEL_UPDATE", channel)

    def grant(self, channel: Channel, permission: Permission) -> None:
        """Allow the bot something in a channel."""
        overwrite = self._overwrite(channel)
        overwrite.allow |= permission
        overwrite.deny &= ~permission
        self._tell_channel("CHANNEL_UPDATE", channel)

    def revoke_everywhere(self, permission: Permission) -> None:
        """Take a permission from everyone's role and from the bot's own one."""
        roles = [self.guild.roles[self.guild.id]]
        roles += [self.guild.roles[x] for x in self._bot_roles(self.guild)]
        for role in roles:
            self.change_role(role, role.permissions & ~permission)

    def change_bot_roles(self, *roles: Role) -> None:
        """Give the bot's member these roles, beside its own one."""
        member = self.guild.members[self.state.bot.id]
        own = [x for x in member.role_ids if self.guild.roles[x].is_managed]
        member.role_ids = [*own, *(role.id for role in roles)]
        data = {**member.payload(), "guild_id": str(self.guild.id)}
        self.gateway.dispatch("GUILD_MEMBER_UPDATE", data)

    def kick(self, guild: Guild | None = None) -> None:
        """Throw the bot out of a guild."""
        home = guild or self.guild
        for role_id in self._bot_roles(home):
            del home.roles[role_id]
        del home.members[self.state.bot.id]
        self.state.joined.discard(home.id)
        self.state.commands.replace(home.id, [])
        data = {"id": str(home.id)}
        self.gateway.dispatch("GUILD_DELETE", data, intent=GUILDS)

    def invite_again(
        self, guild: Guild | None = None, *, with_commands: bool = True
    ) -> None:
        """Let the bot in again, with the scope applications.commands or without."""
        home = guild or self.guild
        home.has_commands_scope = with_commands
        if home.id in self.state.joined:
            return
        self.state.add_bot(home)
        created = home.gateway_payload(self.state.bot.id)
        del created["unavailable"]
        self.gateway.dispatch("GUILD_CREATE", created, intent=GUILDS)

    def make_unavailable(self, guild: Guild | None = None) -> None:
        """An outage of one guild; `make_available` ends it."""
        data = {"id": str((guild or self.guild).id), "unavailable": True}
        self.gateway.dispatch("GUILD_DELETE", data, intent=GUILDS)

    def make_available(self, guild: Guild | None = None) -> None:
        """The end of an outage of one guild."""
        data = (guild or self.guild).gateway_payload(self.state.bot.id)
        self.gateway.dispatch("GUILD_CREATE", data, intent=GUILDS)

    def revoke_token(self) -> None:
        """Let the token be worth nothing from now on; also the gateway ends."""
        self.state.token = None
        self.gateway.drop(4004)

    def renew_token(self) -> str:
        """A new token, the only one that is good."""
        self.state.token = self.state.former_token = new_token(self.state.bot.id)
        return self.state.token

    def expire_nonces(self) -> None:
        """Let the window of all nonces be over."""
        self.state.nonces.clear()

    def expire_interactions(self) -> None:
        """Let the 15 minutes of all interactions be over."""
        for interaction in self.state.interactions.values():
            interaction.is_expired = True

    def _bot_roles(self, guild: Guild) -> list[int]:
        return [role.id for role in guild.roles.values() if role.is_managed]

    def _overwrite(self, channel: Channel) -> Overwrite:
        bot_id = self.state.bot.id
        empty = Overwrite(bot_id, is_role=False)
        return channel.overwrites.setdefault(bot_id, empty)

    def _tell_channel(self, event: str, channel: Channel) -> None:
        if channel.guild_id in self.state.joined:
            self.gateway.dispatch(event, channel.payload(), intent=GUILDS)

    def _tell_role(self, event: str, guild: Guild, role: Role) -> None:
        data = {"guild_id": str(guild.id), "role": role.payload()}
        self.gateway.dispatch(event, data, intent=GUILDS)
