"""The routes of the HTTP API; `docs/api.md` has the same table, held by a test."""

from bot.web import (
    blind_times,
    choices,
    incidents,
    jobs,
    keys,
    maintenance,
    mutes,
    reports,
    runs,
    sent_pings,
    summaries,
)
from bot.web.calls import Route

_JOB = "/v1/jobs/{slug:[a-z0-9][a-z0-9_-]*}"
_KEY = "/v1/keys/{slug:[a-z0-9][a-z0-9_-]*}"
_INCIDENT = "/v1/incidents/{id:[0-9]{1,15}}"
_WINDOW = "/v1/maintenance/{id:[0-9]{1,15}}"
_STORM = "/v1/storms/{id:[0-9]{1,15}}"
_MUTE = "/v1/mutes/{id:[0-9]{1,15}}"
_DATE = "{date:[0-9a-z-]{4,10}}"
_RUN = "/v1/runs/{id:[0-9]{1,15}}"

ROUTES = (
    Route(
        method="GET",
        path="/v1/status",
        handler=reports.status,
        says="how many jobs and incidents there are, what waits to be told, whether "
        "Discord is connected, away or off, version",
    ),
    Route(
        method="GET",
        path="/v1/discord",
        handler=reports.discord,
        says="how the bot stands in Discord, and the newest presses on test cards",
    ),
    Route(
        method="GET",
        path="/v1/discord/choices",
        handler=choices.listed,
        says="channels and roles of Discord: what is in force, and whether settings or "
        "a choice say so; with a key that may all",
    ),
    Route(
        method="PATCH",
        path="/v1/discord/choices",
        handler=choices.choose,
        says="choose channels and roles; null: nothing any more. Settings win",
        takes="alert, summary, fallback (an id), viewer, operator, admin (ids)",
    ),
    Route(
        method="GET",
        path="/v1/jobs",
        handler=jobs.listed,
        says="jobs by slug",
        takes="?status= ?tag= ?node=",
    ),
    Route(
        method="POST",
        path="/v1/jobs",
        handler=jobs.add,
        says="make a job",
        takes="a job table",
        status=201,
    ),
    Route(
        method="GET",
        path=_JOB,
        handler=jobs.show,
        says="one job with its habits, newest pings, slots, runs and incidents",
    ),
    Route(
        method="GET",
        path=f"{_JOB}/why",
        handler=jobs.why,
        says="why it stands as it does, and when it will sound next",
    ),
    Route(
        method="PATCH",
        path=_JOB,
        handler=jobs.edit,
        says="change the fields that are given; null sets one back to its default",
        takes="a part of a job table",
    ),
    Route(
        method="DELETE",
        path=_JOB,
        handler=jobs.remove,
        says="archive a job; its pings are answered 404",
    ),
    Route(
        method="POST",
        path=f"{_JOB}/pause",
        handler=jobs.pause,
        says="watch it no more until it is resumed",
    ),
    Route(
        method="POST",
        path=f"{_JOB}/resume",
        handler=jobs.resume,
        says="watch it again",
    ),
    Route(
        method="POST",
        path=f"{_JOB}/rotate",
        handler=jobs.rotate,
        says="give it a new ping URL; the old one is taken until the overlap ends",
        takes="overlap (none unless given, 30 days at most)",
    ),
    Route(
        method="POST",
        path=f"{_JOB}/ping",
        handler=sent_pings.send,
        says="record a ping",
        takes="kind (start, success, fail, log), exit_status, rid, body or body_b64, "
        "event and at",
    ),
    Route(
        method="POST",
        path=f"{_JOB}/run",
        handler=runs.wish,
        says="start a run of a job of kind command as soon as there is a place for it",
        takes="params, and key (or the header Idempotency-Key): the same wish twice is "
        "one run",
        status=202,
    ),
    Route(
        method="POST",
        path=f"{_JOB}/cancel",
        handler=runs.cancel,
        says="end its runs that wait or go on, or one of them",
        takes="run (its number)",
    ),
    Route(
        method="GET",
        path=f"{_JOB}/runs",
        handler=runs.listed,
        says="its runs, the newest first",
        takes="?limit=",
    ),
    Route(
        method="GET",
        path=f"{_JOB}/runs/newest",
        handler=runs.newest,
        says="its newest run that has begun",
    ),
    Route(
        method="GET",
        path=_RUN,
        handler=runs.show,
        says="one run",
    ),
    Route(
        method="GET",
        path=f"{_RUN}/output",
        handler=runs.output,
        says="what a run has printed so far",
    ),
    Route(
        method="GET",
        path=f"{_RUN}/follow",
        handler=runs.follow,
        says="the same as it comes, as server-sent events: output; again, with the "
        "attempt that follows; and end, of the last attempt",
    ),
    Route(
        method="POST",
        path="/v1/preview",
        handler=jobs.preview,
        says="check a definition and show its next dues; nothing is stored",
        takes="a job table",
    ),
    Route(
        method="POST",
        path="/v1/plan",
        handler=jobs.plan,
        says="what apply would do",
        takes="jobs (a list of job tables), prune",
    ),
    Route(
        method="POST",
        path="/v1/apply",
        handler=jobs.apply,
        says="make the jobs what the tables say, all of them or none",
        takes="jobs (a list of job tables), prune",
    ),
    Route(
        method="GET",
        path="/v1/export",
        handler=jobs.export,
        says="every job as the table that makes it",
    ),
    Route(
        method="GET",
        path="/v1/incidents",
        handler=incidents.listed,
        says="incidents, newest first",
        takes="?status= (also unresolved) ?job= ?limit=",
    ),
    Route(
        method="GET",
        path=_INCIDENT,
        handler=incidents.show,
        says="one incident with its story",
    ),
    Route(
        method="GET",
        path=f"{_INCIDENT}/why",
        handler=incidents.why,
        says="the rules, times and evidence behind it, and when it will sound next",
    ),
    Route(
        method="POST",
        path=f"{_INCIDENT}/ack",
        handler=incidents.acknowledge,
        says="stop its sounds",
        takes="for (4 hours unless given)",
    ),
    Route(
        method="POST",
        path=f"{_INCIDENT}/resolve",
        handler=incidents.resolve,
        says="end it by hand; the job starts afresh",
        takes="reason (500 characters at most)",
    ),
    Route(
        method="POST",
        path=f"{_INCIDENT}/notes",
        handler=incidents.add_note,
        says="add to its story, also once it is over",
        takes="text (500 characters at most)",
    ),
    Route(
        method="GET",
        path="/v1/storms",
        handler=incidents.storms,
        says="storms that are not over, with their members",
    ),
    Route(
        method="POST",
        path=f"{_STORM}/ack",
        handler=incidents.acknowledge_storm,
        says="stop the sounds of all its incidents that nobody has",
        takes="for (4 hours unless given)",
    ),
    Route(
        method="POST",
        path=f"{_STORM}/mute",
        handler=mutes.add_of_storm,
        says="silence its node or its tag, else the job of each of its incidents",
        takes="for, reason",
    ),
    Route(
        method="POST",
        path=f"{_STORM}/unmute",
        handler=mutes.end_of_storm,
        says="end the mutes of its node or its tag, and those of its jobs alone",
    ),
    Route(
        method="GET",
        path="/v1/mutes",
        handler=mutes.listed,
        says="running mutes; with ended=1 the past ones too",
        takes="?ended=",
    ),
    Route(
        method="POST",
        path="/v1/mutes",
        handler=mutes.add,
        says="silence a job, a tag, a node or everything",
        takes="scope (job, tag, node, all), target, for, until_recovery, reason",
        status=201,
    ),
    Route(
        method="DELETE",
        path=_MUTE,
        handler=mutes.remove,
        says="end a mute now",
    ),
    Route(
        method="POST",
        path="/v1/ping-key/rotate",
        handler=keys.rotate_ping_key,
        says="make another ping key; the old one is taken until the overlap ends",
        takes="overlap (none unless given, 30 days at most)",
    ),
    Route(
        method="GET",
        path="/v1/keys",
        handler=keys.listed,
        says="the keys of the API that were made on the server; Unix socket only",
        local=True,
    ),
    Route(
        method="POST",
        path="/v1/keys",
        handler=keys.add,
        says="make a key, which is shown this once; Unix socket only",
        takes="name, read_only, expires",
        status=201,
        local=True,
    ),
    Route(
        method="DELETE",
        path=_KEY,
        handler=keys.remove,
        says="take a key out of use; Unix socket only",
        local=True,
    ),
    Route(
        method="GET",
        path=f"{_JOB}/report",
        handler=summaries.job,
        says="how long it takes and how late it comes, success rate, incidents and "
        "each of its last days",
        takes="?days= (30 unless given) ?format= (json, html, png) ?theme= (dark, "
        "light; of a picture)",
    ),
    Route(
        method="GET",
        path="/v1/reports",
        handler=summaries.listed,
        says="the reports that were posted, the newest first",
        takes="?kind= (day, week) ?limit=",
    ),
    Route(
        method="GET",
        path=f"/v1/reports/day/{_DATE}",
        handler=summaries.day,
        says="what a day was like (a date, today, yesterday or last): as it was "
        "posted, else as of now",
        takes="?anew=1 (as of now) ?format= (json, html, png) ?theme=",
    ),
    Route(
        method="GET",
        path=f"/v1/reports/week/{_DATE}",
        handler=summaries.week,
        says="the same of the week, Monday to Sunday, that holds the date",
        takes="?anew=1 ?format= ?theme=",
    ),
    Route(
        method="GET",
        path="/v1/blind",
        handler=blind_times.listed,
        says="when nothing could be seen, why, and which slots that put in doubt",
        takes="?limit=",
    ),
    Route(
        method="GET",
        path="/v1/maintenance",
        handler=maintenance.listed,
        says="maintenance windows that are not over; with ended=1 the past ones too",
        takes="?ended=",
    ),
    Route(
        method="POST",
        path="/v1/maintenance",
        handler=maintenance.add,
        says="announce planned work",
        takes="a maintenance table",
        status=201,
    ),
    Route(
        method="DELETE",
        path=_WINDOW,
        handler=maintenance.remove,
        says="end a window now, and do not open it again",
    ),
    Route(
        method="GET",
        path="/v1/audit",
        handler=reports.audit,
        says="the newest changes: who, what, before, after",
        takes="?limit= ?subject= (a job, an incident's number ...)",
    ),
    Route(
        method="POST",
        path="/v1/backup",
        handler=reports.backup,
        says="write a checked copy of the database to a file; Unix socket only",
        takes="path (absolute)",
        local=True,
    ),
)
