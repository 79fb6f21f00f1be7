"""Jobs over the API."""

from collections.abc import Sequence

from bot.core import command_fields, explanation_views
from bot.core.kinds import Status
from bot.core.views import View
from bot.errors import Forbidden
from bot.web import hooks
from bot.web.auth import Caller
from bot.web.calls import Call, done, one_of, reading, table_list
from bot.web.keys import overlap_of

#: what stands for a value that is not shown
HIDDEN = "***"
_COMMAND_KEYS = frozenset(command_fields.KEYS)
#: stored states, and those that are derived
_SHOWN_STATES = (*(str(each) for each in Status), "late", "running", "failing")
STATES = (*_SHOWN_STATES, "unknown")


async def listed(call: Call) -> View:
    """Every job that fits the query."""
    query = call.query("status", "tag", "node")
    status = one_of(query, "status", STATES)
    tag, node = (query.text(key, longest=100) or None for key in ("tag", "node"))
    done(query)
    unreadable: list[str] = []
    jobs = await call.services.reads.jobs(
        status=status, tag=tag, node=node, unreadable=unreadable
    )
    return {"jobs": jobs, "unreadable": unreadable}


async def add(call: Call) -> View:
    """Make a job."""
    table = await call.table()
    refuse_commands(call.caller, [table])
    return await call.services.jobs.add(table, call.actor)


async def show(call: Call) -> View:
    """One job with its recent history; where its webhook is, on the server only."""
    view = await call.services.reads.job(call.slug)
    if call.caller.local and view.get("webhook"):
        uuid, slug = str(view["uuid"]), str(view["slug"])
        base = str(view["ping_url"]).removesuffix(f"/ping/{uuid}")
        token = await call.services.causes.hooks.token(uuid)
        view["webhook_url"] = hooks.url(base, slug, token)
    return view


async def why(call: Call) -> View:
    """The rules, times and evidence behind its present state."""
    return explanation_views.view(await call.services.reads.explain_job(call.slug))


async def edit(call: Call) -> View:
    """Change the fields that are given."""
    patch = await call.table()
    refuse_commands(call.caller, [patch])
    return await call.services.jobs.edit(call.slug, patch, call.actor)


async def remove(call: Call) -> View:
    """Archive a job."""
    return await call.services.jobs.remove(call.slug, call.actor)


async def pause(call: Call) -> View:
    """Watch it no more."""
    return await call.services.jobs.pause(call.slug, call.actor)


async def resume(call: Call) -> View:
    """Watch it again."""
    return await call.services.jobs.resume(call.slug, call.actor)


async def rotate(call: Call) -> View:
    """Give it a new ping URL."""
    overlap = await overlap_of(call)
    return await call.services.jobs.rotate(call.slug, call.actor, overlap=overlap)


async def preview(call: Call) -> View:
    """What a definition would mean."""
    table = await call.table()
    refuse_commands(call.caller, [table])
    return await call.services.jobs.preview(table)


async def plan(call: Call) -> View:
    """What `apply` would do."""
    tables, prune = await _declared(call)
    return await call.services.jobs.plan(tables, prune=prune)


async def apply(call: Call) -> View:
    """Make the jobs what the tables say."""
    tables, prune = await _declared(call)
    return await call.services.jobs.apply(tables, prune=prune, actor=call.actor)


async def export(call: Call) -> View:
    """Every job as the table that makes it."""
    tables = await call.services.reads.export()
    if not call.caller.local:
        tables = [_without_values(table) for table in tables]
    return {"jobs": tables}


def _without_values(table: View) -> View:
    """Values of variables are for whoever is on the server."""
    names = table.get("env")
    if not isinstance(names, dict):
        return table
    return {**table, "env": dict.fromkeys(names, HIDDEN)}


async def _declared(call: Call) -> tuple[list[dict[str, object]], bool]:
    table = await call.table()
    fields = reading(table, "jobs", "prune")
    prune = fields.flag("prune")
    done(fields)
    tables = table_list(table, "jobs")
    refuse_commands(call.caller, tables)
    return tables, prune


def refuse_commands(caller: Caller, tables: Sequence[dict[str, object]]) -> None:
    """Raise Forbidden where a table says what to run and comes over the network."""
    if caller.local:
        return
    for table in tables:
        if _says_what_runs(table):
            raise Forbidden(
                "what runs on the server is never defined over HTTP: write it in a "
                "file there, or use the command line there"
            )


def _says_what_runs(table: dict[str, object]) -> bool:
    return table.get("kind") == "command" or not _COMMAND_KEYS.isdisjoint(table)
