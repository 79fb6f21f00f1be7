"""How many jobs a mute or planned work covers."""

import storage.jobs
import storage.labels
from bot.core import reach
from bot.core.views import View
from storage.queries import Queries

#: names that are compared where none fits
_COMPARED = 1000


async def of(q: Queries, scope: str, target: str) -> View:
    """`jobs`: how many now; `near`: for none, the tags or nodes that may be meant."""
    if scope == "all":
        return {"jobs": await storage.jobs.count(q), "near": []}
    if scope == "job":
        return {"jobs": 1, "near": []}
    is_tag = scope == "tag"
    count = storage.labels.count_tagged if is_tag else storage.labels.count_on
    jobs = await count(q, target)
    if jobs:
        return {"jobs": jobs, "near": []}
    like = storage.labels.tags_like if is_tag else storage.labels.nodes_like
    return {"jobs": 0, "near": reach.near(target, await like(q, "", _COMPARED))}
