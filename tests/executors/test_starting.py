"""What a child finds, and why one cannot be started."""

import os
import pwd
import resource
import signal
from pathlib import Path
from typing import Any

import pytest

from bot.executors import wire
from bot.executors.base import Ending, Refusal, Refused, State
from bot.executors.spawning import CouldNotStart, Spawner
from tests.executors.house import code, house, order, script

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another")


@pytest.mark.parametrize(
    ("argv", "fields", "reason"),
    [
        (("/no/such",), {}, "/no/such: No such file or directory"),
        (("no-such",), {}, "no-such: No such file or directory"),
        (("/etc/passwd",), {}, "/etc/passwd: Permission denied"),
        (("true",), {"cwd": "/no/where"}, "/no/where: No such file or directory"),
        (("true",), {"cwd": "/etc/passwd"}, "/etc/passwd: Not a directory"),
        (("true",), {"user": "no-such-user"}, "no user 'no-such-user'"),
        (("true", "a\0b"), {}, "embedded null byte"),
        (("true",), {"env": (("A=B", "C"),)}, "illegal environment variable name"),
        (("true", "x" * 200_000), {}, "Argument list too long"),
    ],
)
async def test_what_cannot_start_says_why(
    tmp_path: Path, argv: tuple[str, ...], fields: dict[str, Any], reason: str
) -> None:
    async with house(tmp_path) as here:
        (answer,) = await here.start(order("a", *argv, **fields))
        assert isinstance(answer, Refused)
        assert answer.why is Refusal.COULD_NOT_START
        assert reason in answer.reason
        report = await here.report("a")
        assert (report.state, report.ending) == (State.ENDED, Ending.COULD_NOT_START)
        assert report.reason == answer.reason
        assert report.pid == 0
        (again,) = await here.start(order("a", "true"))
        assert isinstance(again, Refused)
        assert again.why is Refusal.SEEN, "the id is taken all the same"


async def test_a_file_that_is_no_program_says_so(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not for the kernel\n")
    (tmp_path / "text").chmod(0o755)
    async with house(tmp_path) as here:
        (answer,) = await here.start(order("a", str(tmp_path / "text")))
        assert isinstance(answer, Refused)
        assert "Exec format error" in answer.reason


@pytest.mark.parametrize(
    ("run_id", "fields"),
    [
        ("../a", {}),
        ("", {}),
        ("a/b", {}),
        ("a" * 200, {}),
        ("a", {"argv": ()}),
        ("a", {"umask": "022"}),
        ("a", {"argv": (1,)}),
    ],
)
async def test_what_is_no_order_is_refused(
    tmp_path: Path, run_id: str, fields: dict[str, Any]
) -> None:
    async with house(tmp_path) as here:
        (answer,) = await here.start(order(run_id, "true", **fields))
        assert isinstance(answer, Refused)
        assert answer.why is Refusal.INVALID
        assert await here.executor.reports() == []


async def test_the_environment_is_as_given(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.ran(order("a", "env", "-0", env=(("PATH", "/bin:/usr/bin"),)))
        found = set((await here.text("a")).strip(b"\0").split(b"\0"))
        mark = wire.mark(str(here.folder / "output"), "a").encode()
        assert found == {b"PATH=/bin:/usr/bin", b"CRONITOR_RUN_MARK=" + mark}


async def test_bytes_that_are_no_text_arrive_as_they_are(tmp_path: Path) -> None:
    odd = os.fsdecode(b"\xff\xfe \xc3\xa9")
    async with house(tmp_path) as here:
        env = (("PATH", "/bin:/usr/bin"), ("ODD", odd))
        await here.ran(
            order("a", "sh", "-c", 'printf "%s|%s" "$ODD" "$1"', "sh", odd, env=env)
        )
        assert await here.text("a") == os.fsencode(f"{odd}|{odd}")


async def test_signals_limits_and_files_are_the_default(tmp_path: Path) -> None:
    text = """if 1:
        import os, resource, signal
        ignored = [
            n for n in signal.valid_signals() if signal.getsignal(n) == signal.SIG_IGN
        ]
        print(sorted(map(int, ignored)), signal.pthread_sigmask(signal.SIG_BLOCK, []))
        print(sorted(os.listdir("/proc/self/fd")), os.readlink("/proc/self/fd/0"))
        print(os.getpid() == os.getpgid(0), os.getcwd())
        print(resource.getrlimit(resource.RLIMIT_NOFILE))
        print(oct(os.umask(0)))
    """
    async with house(tmp_path) as here:
        await here.ran(code("a", text, cwd="/usr", umask=0o027))
        lines = (await here.text("a")).decode().splitlines()
        # the Python of the child ignores these two itself
        own = sorted([int(signal.SIGPIPE), int(signal.SIGXFSZ)])
        assert lines[0] == f"{own} set()"
        assert lines[1] == "['0', '1', '2', '3'] /dev/null"
        assert lines[2] == "True /usr"
        assert lines[3] == str(resource.getrlimit(resource.RLIMIT_NOFILE))
        assert lines[4] == "0o27"


async def test_a_broken_pipe_ends_a_child_of_a_child(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        report = await here.ran(script("a", "yes | head -n 1"))
        assert (report.exit_code, await here.text("a")) == (0, b"y\n")


async def test_a_shell_takes_a_text_and_its_arguments(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.ran(order("a", 'echo "$0 $1"', "b", "c d", shell=True))
        assert await here.text("a") == b"b c d\n"


async def test_nice_and_limits_are_in_force(tmp_path: Path) -> None:
    text = """if 1:
        import os, resource
        print(os.getpriority(os.PRIO_PROCESS, 0))
        print(resource.getrlimit(resource.RLIMIT_AS)[0])
        try:
            bytearray(1 << 30)
        except MemoryError:
            print("no memory")
        while True:
            pass
    """
    async with house(tmp_path) as here:
        limited = code("a", text, nice=7, memory_bytes=1 << 29, cpu_s=1)
        report = await here.ran(limited)
        assert report.signal == signal.SIGXCPU
        lines = (await here.text("a")).decode().splitlines()
        assert lines == ["7", str(1 << 29), "no memory"] or not lines


@ROOT_ONLY
async def test_another_user_is_it_in_all_things(tmp_path: Path) -> None:
    entry = pwd.getpwnam("nobody")
    async with house(tmp_path) as here:
        text = "id -u; id -g; id -G; echo x > /dev/stdout"
        await here.ran(script("a", text, user="nobody", umask=0o077))
        groups = " ".join(map(str, os.getgrouplist("nobody", entry.pw_gid)))
        said = (await here.text("a")).decode().splitlines()
        assert said == [str(entry.pw_uid), str(entry.pw_gid), groups, "x"]


async def test_the_limit_of_files_is_not_the_supervisor_s_own(tmp_path: Path) -> None:
    """It needs one for each run, and raises its own."""
    async with house(tmp_path, before="ulimit -Sn 40") as here:
        many = [script(f"r{n}", "ulimit -Sn; exec sleep 600") for n in range(60)]
        assert {type(x).__name__ for x in await here.start(*many)} == {"Started"}
        for given in many:
            await here.said(given.id, b"40\n")


def test_only_root_changes_the_user_or_takes_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr(os, "getpriority", lambda *_: 5)
    spawner = Spawner()
    usual = {"id": "a", "argv": ["true"], "shell": False, "cwd": "/", "env": {}}
    usual |= {"umask": 0, "nice": None, "memory": None, "cpu": None, "user": None}
    for refused, reason in (
        ({"user": "root"}, "only root may run it as 'root'"),
        ({"nice": 4}, "only root may set nice to 4: it is 5"),
    ):
        with pytest.raises(CouldNotStart, match=reason):
            spawner.spawn(usual | refused, "mark")


@pytest.mark.parametrize("fields", [{"umask": 1 << 40}, {"memory_bytes": 1 << 80}])
async def test_numbers_that_mean_nothing_are_refused(
    tmp_path: Path, fields: dict[str, int]
) -> None:
    async with house(tmp_path) as here:
        (answer,) = await here.start(order("a", "true", **fields))
        assert isinstance(answer, Refused)
        assert answer.why is Refusal.COULD_NOT_START
        assert (here.folder / "supervisor-1.log").read_text() == ""


async def test_one_s_own_name_needs_no_right(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        own = pwd.getpwuid(os.geteuid()).pw_name
        assert (await here.ran(order("a", "true", user=own))).exit_code == 0
