"""Callbacks to interactions, and the messages that follow."""

from collections.abc import Callable
from typing import Any

from tests.discord_wire import posting
from tests.discord_wire.calls import Call, Routes
from tests.discord_wire.errors import ApiError, InvalidForm, Problem, unknown
from tests.discord_wire.interactions import CallbackType, Interaction, InteractionType
from tests.discord_wire.messages import Message, MessageFlag
from tests.discord_wire.replies import Reply

Json = dict[str, Any]

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
ORIGINAL = f"{WEBHOOK}/messages/@original"
MESSAGE = f"{WEBHOOK}/messages/{{message_id}}"


def callback(call: Call) -> Reply:
    """POST of the first answer."""
    interaction = call.state.interactions.get(call.id("interaction_id"))
    if interaction is None or interaction.token != call.params["interaction_token"]:
        raise unknown("interaction")
    now = call.state.clock.monotonic()
    if interaction.answered_at is not None:
        text = "Interaction has already been acknowledged."
        raise ApiError(400, 40060, text)
    if now - interaction.sent_at > call.state.rules.answer_within_s:
        raise unknown("interaction")
    kind = _kind(interaction, call.body)
    data = call.body.get("data") or {}
    interaction.original = _EFFECTS.get(kind, _nothing)(call, interaction, data)
    interaction.callback = call.body
    interaction.answered_at = now
    call.state.changes.notify()
    if call.request.query.get("with_response") not in {"1", "true", "True"}:
        return Reply()
    return Reply(200, _response(interaction, kind))


def _kind(interaction: Interaction, body: Json) -> CallbackType:
    """The type of the callback, which must fit what the person did."""
    is_choices = body["type"] == CallbackType.CHOICES
    is_update = body["type"] in {CallbackType.DEFERRED_UPDATE, CallbackType.UPDATE}
    is_modal = body["type"] == CallbackType.MODAL
    asked = interaction.type
    if (
        is_choices != (asked is InteractionType.AUTOCOMPLETE)
        or (is_update and interaction.message is None)
        or (is_modal and asked is InteractionType.MODAL)
    ):
        text = f"{body['type']} does not answer a {asked.name.lower()}"
        raise InvalidForm([Problem(("type",), "BASE_TYPE_CHOICES", text)])
    return CallbackType(body["type"])


def _nothing(call: Call, interaction: Interaction, data: Json) -> Message | None:
    return None


def _message(call: Call, interaction: Interaction, data: Json) -> Message | None:
    return posting.answer(call, interaction, data)


def _deferred(call: Call, interaction: Interaction, data: Json) -> Message | None:
    return posting.loading(call, interaction, data)


def _same(call: Call, interaction: Interaction, data: Json) -> Message | None:
    return interaction.message


def _update(call: Call, interaction: Interaction, data: Json) -> Message | None:
    assert interaction.message is not None
    posting.edit(call, interaction.message, data)
    return interaction.message


_EFFECTS: dict[CallbackType, Callable[[Call, Interaction, Json], Message | None]] = {
    CallbackType.MESSAGE: _message,
    CallbackType.DEFERRED_MESSAGE: _deferred,
    CallbackType.DEFERRED_UPDATE: _same,
    CallbackType.UPDATE: _update,
}


def _response(interaction: Interaction, kind: CallbackType) -> Json:
    about: Json = {"id": str(interaction.id), "type": int(interaction.type)}
    message = interaction.original
    if message is not None:
        about["response_message_id"] = str(message.id)
        about["response_message_loading"] = message.is_loading
        about["response_message_ephemeral"] = message.is_ephemeral
    if kind in {CallbackType.MESSAGE, CallbackType.UPDATE} and message is not None:
        resource = {"type": int(kind), "message": message.payload()}
        return {"interaction": about, "resource": resource}
    return {"interaction": about}


def follow(call: Call) -> Reply:
    """POST of a further message; the first one ends a deferred answer."""
    interaction = _interaction(call)
    original = interaction.original
    if original is not None and original.is_loading and not original.is_deleted:
        original.flags &= ~MessageFlag.LOADING
        posting.fill(call, original, call.body)
        call.state.changes.notify()
        return Reply(200, original.payload())
    message = posting.answer(call, interaction, call.body)
    interaction.followups.append(message)
    call.state.changes.notify()
    return Reply(200, message.payload())


def read(call: Call) -> Reply:
    """GET of one of the messages."""
    return Reply(200, _named(call).payload())


def update(call: Call) -> Reply:
    """PATCH of one of the messages."""
    message = _named(call)
    if message.is_loading:
        message.flags &= ~MessageFlag.LOADING
        posting.fill(call, message, call.body)
        call.state.changes.notify()
    else:
        posting.edit(call, message, call.body)
    return Reply(200, message.payload())


def delete(call: Call) -> Reply:
    """DELETE of one of the messages."""
    posting.delete(call, _named(call))
    return Reply()


def _interaction(call: Call) -> Interaction:
    """The answered interaction of the token."""
    state, token = call.state, call.params["webhook_token"]
    found = [each for each in state.interactions.values() if each.token == token]
    if not found or found[0].answered_at is None:
        raise unknown("Webhook")
    age_s = state.clock.monotonic() - found[0].sent_at
    if found[0].is_expired or age_s > state.rules.interaction_lasts_s:
        raise ApiError(401, 50027, "Invalid Webhook Token")
    return found[0]


def _named(call: Call) -> Message:
    interaction = _interaction(call)
    ours = [interaction.original, *interaction.followups]
    if "message_id" not in call.params:
        found = interaction.original
    else:
        wanted = call.id("message_id")
        found = next((each for each in ours if each and each.id == wanted), None)
    if found is None or found.is_deleted:
        raise unknown("Message")
    return found


ROUTES: Routes = {
    ("POST", CALLBACK): callback,
    ("POST", WEBHOOK): follow,
    **{
        (method, template): handler
        for template in (ORIGINAL, MESSAGE)
        for method, handler in (("GET", read), ("PATCH", update), ("DELETE", delete))
    },
}
