"""A change that fails leaves nothing public behind, as far as Discord lets it."""

from tests.cogs.desk import Desk


async def test_an_error_is_told_even_if_the_placeholder_cannot_be_deleted(
    at_desk: Desk,
) -> None:
    at_desk.wire.faults.status(403, "DELETE", "*/messages/@original")
    answer = await at_desk.admin.command("job pause", job="nix")
    assert answer.text == "⚠️ there is no job 'nix'; see `/job list`"


async def test_nothing_is_changed_where_no_answer_can_be_given(at_desk: Desk) -> None:
    await at_desk.house.add("backup", every="1h")
    at_desk.wire.faults.status(404, "POST", "/interactions/*/callback")
    answer = await at_desk.admin.command("job pause", job="backup")
    assert answer.is_ephemeral
    assert answer.text == "⚠️ something went wrong; it is in the log"
    assert (await at_desk.house.job("backup"))["status"] == "new"
