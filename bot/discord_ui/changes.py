"""What everybody in the channel is told of a change: one line, with who made it."""

from collections.abc import Sequence

from bot.core import reach, states
from bot.core.models import Actor
from bot.core.states import View
from bot.discord_ui import text, times

_LONGEST_REASON = 300
_LONGEST_SCHEDULE = 200


def paused(view: View, actor: Actor) -> str:
    """A job is paused; maybe somebody else was first."""
    slug = _bold(view["slug"])
    if not view["changed"]:
        return f"⏸️ {slug} is paused already, by {text.name(view['paused_by'])}"
    return f"⏸️ {slug} paused by {text.name(actor.name)}"


def resumed(view: View, actor: Actor) -> str:
    """A job is watched again; maybe it has been all the time."""
    slug, stands = _bold(view["slug"]), states.words(view)
    if not view["changed"]:
        return f"▶️ {slug} is not paused: {stands}"
    return f"▶️ {slug} resumed by {text.name(actor.name)}: {stands}"


def added(view: View, actor: Actor) -> str:
    """A job is watched that nobody watched before."""
    schedule = text.escape(text.cut(view["schedule_text"], _LONGEST_SCHEDULE))
    return f"🆕 {_bold(view['slug'])} added by {text.name(actor.name)}: {schedule}"


def ping_url(view: View) -> str:
    """For whoever made the job, and nobody else."""
    return (
        f"🔗 {_bold(view['slug'])} reports by fetching this URL, which is a secret: "
        f"only you see it here.\n<{view['ping_url']}>\n"
        f"`curl -fsS -m 10 --retry 5 {view['ping_url']}`"
    )


def changed(slug: str, view: View, actor: Actor) -> str:
    """A job is another one now."""
    renamed = "" if view["slug"] == slug else f", it is {_bold(view['slug'])} now"
    return f"✏️ {_bold(slug)} changed by {text.name(actor.name)}{renamed}"


def overtaken(fields: Sequence[str]) -> str:
    """What others have changed while somebody filled in a form; empty: nothing."""
    if not fields:
        return ""
    named = ", ".join(map(text.name, fields))
    return f"⚠️ somebody else has changed {named} meanwhile: look again"


def removal(view: View) -> str:
    """What removing a job does."""
    declared = (
        " It stands in a file: the next `cronitor apply` makes it again."
        if view["declared"]
        else ""
    )
    return (
        f"This removes {_bold(view['slug'])}: its pings are answered 404, an open "
        f"incident is resolved, nobody is told of it any more.{declared} Its history "
        "is kept. Are you sure?"
    )


def removed(view: View, actor: Actor) -> str:
    """A job is watched no more."""
    return f"🗑️ {_bold(view['slug'])} removed by {text.name(actor.name)}"


def muted(mute: View, actor: Actor) -> str:
    """A job is silent."""
    reason = text.escape(text.cut(mute["reason"], _LONGEST_REASON))
    tail = f": {reason}" if reason else ""
    by = text.name(actor.name)
    return f"🔇 {_covered(mute)} muted by {by} {until(mute)}{tail}{_reach(mute)}"


def _reach(view: View) -> str:
    """How many jobs that are, on a line of its own."""
    said = reach.words(view, lambda each: text.name(each, limit=60))
    if not said:
        return ""
    mark = "" if view["jobs"] else "⚠️ "
    return f"\n{mark}{said[0].upper()}{said[1:]}"


def until(mute: View) -> str:
    """When a mute ends."""
    end = times.moment(mute["until_at"])
    if mute["until_recovery"]:
        return f"until it recovers, at the latest {end}"
    return f"until {end}"


def _covered(view: View) -> str:
    """What a mute or planned work covers."""
    if view["scope"] == "all":
        return "**everything**"
    kind = "" if view["scope"] == "job" else f"{view['scope']} "
    return f"{kind}{_bold(view['target'])}"


def mute_ended(mute: View, actor: Actor) -> str:
    """A mute has ended before its time."""
    return f"🔔 {_covered(mute)} unmuted by {text.name(actor.name)}{still([mute])}"


def still(ended: Sequence[View]) -> str:
    """What silences it nevertheless, after mutes of one thing have ended."""
    left = next((view["still"] for view in ended if view["still"]), None)
    if left is None:
        return ""
    return f", but it stays silent: {_covered(left)} is muted {until(left)}"


def announced(window: View, actor: Actor) -> str:
    """Planned work, and when it goes on next."""
    reason = text.escape(text.cut(window["reason"], _LONGEST_REASON))
    tail = f": {reason}" if reason else ""
    lines = [
        f"🛠️ maintenance #{window['id']} of {_covered(window)} announced by "
        f"{text.name(actor.name)}{tail}"
    ]
    lines += [f"from {span(each)}" for each in window["next"]]
    return "\n".join(lines) + _reach(window)


def blanket(window: View, jobs: int) -> str:
    """What planned work for everything would do; it is asked about before."""
    when = "\n".join(f"from {span(each)}" for each in window["next"])
    return (
        f"This is planned work for all {jobs} jobs: what they miss meanwhile makes no "
        f"sound, critical ones as well. Are you sure?\n{when}"
    )


def span(occurrence: View) -> str:
    """From when to when."""
    return f"{times.moment(occurrence['from'])} to {times.moment(occurrence['to'])}"


def ended(window: View, actor: Actor) -> str:
    """Planned work is over."""
    by = text.name(actor.name)
    return f"🛠️ maintenance #{window['id']} of {_covered(window)} ended by {by}"


def resolved(view: View, actor: Actor, reason: str) -> str:
    """Somebody says that an incident is over."""
    said = text.escape(text.cut(reason, _LONGEST_REASON))
    tail = f": {said}" if said else ""
    what = f"✅ **#{view['id']}** {text.name(view['summary'], limit=200)}"
    return f"{what}: resolved by {text.name(actor.name)}{tail}"


def noted(view: View, actor: Actor, words: str) -> str:
    """Somebody adds to the story of an incident."""
    said = text.escape(text.cut(words, _LONGEST_REASON))
    what = f"📝 **#{view['id']}** {text.name(view['summary'], limit=200)}"
    return f"{what}: {said} ({text.name(actor.name)})"


def unmuted(slug: str, ended: Sequence[View], actor: Actor) -> str:
    """The mutes of a job have ended."""
    return f"🔔 {_bold(slug)} unmuted by {text.name(actor.name)}{still(ended)}"


def acknowledged(view: View, actor: Actor) -> str:
    """Somebody has an incident; maybe somebody else was first."""
    what = f"✋ **#{view['id']}** {text.name(view['summary'], limit=200)}"
    by, until = view["acknowledged_by"], view["acknowledged_until"]
    end = f", quiet until {times.moment(until)}" if until else ""
    if by != str(actor):
        return f"{what}: acknowledged already, by {text.name(by)}{end}"
    return f"{what}: acknowledged by {text.name(actor.name)}{end}"


def _bold(slug: str) -> str:
    return f"**{text.name(slug)}**"
