"""`cronitor exec` as a process: the command is as it would be without it."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from tests import tree
from tests.node.wrapped import NOWHERE, PATIENCE_S, Wrapper

HEAVY = {
    *("discord", "aiohttp", "pydantic", "click", "sqlite3", "croniter", "asyncio"),
    *("typing", "dataclasses", "pathlib", "subprocess", "json", "socket", "http"),
    *("enum", "re", "threading", "signal", "tomllib", "datetime", "ssl", "uuid"),
    *("encodings.idna", "logging", "functools", "collections", "email", "urllib"),
}
#: what the tools of the tests bring along
_SEEN = "import sys, os; before = set(sys.modules); "
#: prints what was loaded, at the moment at which the wrapper ends
_LOADED = (
    "leave = os._exit\n"
    "def tell(code):\n"
    "    new = sorted(set(sys.modules) - before)\n"
    "    os.write(2, ' '.join(new).encode())\n"
    "    leave(code)\n"
    "os._exit = tell\n"
    "from bot.cli.entry import main\n"
    "main()\n"
)


def python(code: str) -> list[str]:
    """A command that runs such code."""
    return [sys.executable, "-c", code]


@pytest.mark.parametrize("url", [NOWHERE, ""])
def test_nothing_heavy_is_loaded(wrapper: Wrapper, url: str) -> None:
    wrapper.environ["CRONITOR_URL"] = url
    for name in [name for name in wrapper.environ if name.startswith("COV")]:
        del wrapper.environ[name]
    line = [sys.executable, "-S", "-c", _SEEN + "\n" + _LOADED]
    done = subprocess.run(
        [*line, "exec", "--quiet", "job", "--", "true"],
        env=wrapper.environ,
        capture_output=True,
        timeout=PATIENCE_S,
        check=True,
    )
    loaded = set(done.stderr.decode().split())
    assert "bot.node.wrappers" in loaded
    assert len(wrapper.reports()) == 2
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("code", [0, 1, 2, 77, 126, 127, 128, 137, 200, 255])
def test_the_exit_code_is_the_commands(wrapper: Wrapper, code: int) -> None:
    assert wrapper.run("sh", "-c", f"exit {code}").returncode == code
    assert wrapper.end().exit_code == code
    assert wrapper.end().body == b""


@pytest.mark.parametrize(
    "name", ["TERM", "INT", "HUP", "QUIT", "KILL", "USR1", "PIPE", "ABRT", "SEGV"]
)
def test_a_signal_that_ends_the_command_ends_the_wrapper(
    wrapper: Wrapper, name: str, tmp_path: Path
) -> None:
    done = wrapper.run("sh", "-c", f"echo out; kill -{name} $$", cwd=tmp_path)
    number = int(signal.Signals[f"SIG{name}"])
    assert done.returncode == -number
    assert wrapper.end().exit_code == 128 + number
    assert wrapper.end().body == f"out\ncronitor exec: ended by SIG{name}\n".encode()
    assert not list(tmp_path.glob("core*"))


@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2"])
def test_a_signal_reaches_the_command(wrapper: Wrapper, name: str) -> None:
    script = f"trap 'echo got; exit 7' {name}; echo up; while :; do sleep 0.05; done"
    with wrapper.start("sh", "-c", script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(signal.Signals[f"SIG{name}"])
        assert process.stdout.read() == b"got\n"
        assert process.wait(PATIENCE_S) == 7
    assert wrapper.end().exit_code == 7


def test_a_command_may_ignore_a_signal(wrapper: Wrapper) -> None:
    script = "trap '' TERM; echo up; read line; echo $line"
    with wrapper.start("sh", "-c", script, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.terminate()
        out, _ = process.communicate(b"still here\n", PATIENCE_S)
        assert out == b"still here\n"
        assert process.returncode == 0


def test_what_was_ignored_stays_ignored(wrapper: Wrapper) -> None:
    code = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    line = ["nohup", *wrapper.line(*python(code))]
    out = subprocess.run(line, env=wrapper.environ, capture_output=True, check=True)
    assert out.stdout == b"True\n"


def test_a_hangup_under_nohup_ends_nothing(wrapper: Wrapper) -> None:
    line = ["nohup", *wrapper.line("sh", "-c", "echo up; read line; exit 4")]
    with subprocess.Popen(
        line,
        env=wrapper.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(signal.SIGHUP)
        process.communicate(b"\n", PATIENCE_S)
        assert process.returncode == 4


def test_the_command_does_not_ignore_what_python_does(wrapper: Wrapper) -> None:
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("signals that a process ignores are not to be seen here")
    line = ["grep", "-E", "SigIgn|SigBlk", "/proc/self/status"]
    plain = subprocess.run(line, capture_output=True, check=True)
    assert signals_in(wrapper.run(*line).stdout) == signals_in(plain.stdout)


def signals_in(status: bytes) -> list[int]:
    """The sets of signals, without the two that are the C library's own."""
    masks = [int(line.split()[1], 16) for line in status.splitlines()]
    assert len(masks) == 2
    return [mask & ~(0b11 << 31) for mask in masks]


def test_the_environment_is_handed_down_as_it_was(wrapper: Wrapper) -> None:
    line = wrapper.line("env")
    names = ("PATH", "PYTHONPATH", "CRONITOR_SPOOL", "CRONITOR_URL")
    environ = {name: wrapper.environ[name] for name in names}
    done = subprocess.run(line, env=environ, capture_output=True, check=True)
    found = dict(x.split("=", 1) for x in done.stdout.decode().splitlines())
    # in the C locale Python adds one of its own
    assert found == environ


@pytest.mark.parametrize(
    ("mode", "code", "said"),
    [(None, 127, b"command not found"), (0o644, 126, b"Permission denied")],
)
def test_what_cannot_be_started_is_reported(
    wrapper: Wrapper, tmp_path: Path, mode: int | None, code: int, said: bytes
) -> None:
    program = tmp_path / "program"
    if mode is not None:
        program.write_text("#!/bin/sh\n")
        program.chmod(mode)
    done = wrapper.run(str(program), options=["--quiet"])
    assert done.returncode == code
    assert done.stderr == b"cronitor exec: %s: %s\n" % (bytes(program), said)
    assert wrapper.end().exit_code == code
    assert wrapper.end().body == done.stderr


def test_a_script_without_its_shell_runs_as_in_a_shell(
    wrapper: Wrapper, tmp_path: Path
) -> None:
    program = tmp_path / "plain"
    program.write_text("echo $1; exit 5\n")
    program.chmod(0o755)
    wrapper.environ["PATH"] = f"{tmp_path}:{wrapper.environ['PATH']}"
    for name in ("plain", str(program)):
        done = wrapper.run(name, "said")
        assert (done.returncode, done.stdout) == (5, b"said\n")


def test_output_comes_through_untouched_each_in_its_stream(wrapper: Wrapper) -> None:
    every = bytes(range(256)) * 999
    code = f"import os; b = bytes(range(256)) * 999\nfor f in (1, 2):\n {WRITE}"
    done = wrapper.run(*python(code), options=["--quiet"])
    assert done.stdout == every
    assert done.stderr == every
    assert wrapper.end().body == every[-10_000:]


#: all of b into f
WRITE = "v = b\n while v: v = v[os.write(f, v):]"


def test_streams_that_are_one_file_keep_their_order(
    wrapper: Wrapper, tmp_path: Path
) -> None:
    script = "i=0; while [ $i -lt 300 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done"
    expected = "".join(f"o{i}\ne{i}\n" for i in range(300)).encode()
    piped = wrapper.run(
        "sh", "-c", script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert piped.stdout.startswith(expected)
    log = tmp_path / "log"
    for mode in ("wb", "ab"):
        with log.open(mode) as file:
            wrapper.run(
                *("sh", "-c", script), options=["--quiet"], stdout=file, stderr=file
            )
    assert log.read_bytes() == expected * 2
    assert wrapper.reports()[-1].body == expected[-10_000:]


def test_two_files_stay_two(wrapper: Wrapper, tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as one, path.open("wb") as other:
        wrapper.run(
            "sh", "-c", "echo 1; sleep 0.2; echo 2 >&2", stdout=one, stderr=other
        )
    # the second was opened by itself, and writes where the first has begun
    assert path.read_bytes().startswith(b"2\n")


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--output-limit", "5"], b"6789\n"),
        (["--output-limit", "0"], b""),
        (["--no-output"], b""),
        ([], b"0123456789\n"),
    ],
)
def test_the_end_of_the_output_is_kept(
    wrapper: Wrapper, options: list[str], kept: bytes
) -> None:
    done = wrapper.run("echo", "0123456789", options=options)
    assert done.stdout == b"0123456789\n"
    assert wrapper.end().body == kept


def test_much_output_takes_little_memory(wrapper: Wrapper) -> None:
    code = "import os; b = b'x' * 1_000_000\nfor _ in range(200):\n f = 1\n " + WRITE
    line = wrapper.line(*python(code), options=["--quiet"])
    measured = (
        "import resource, subprocess, sys\n"
        f"done = subprocess.run({line!r}, stdout=subprocess.PIPE)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
        "print(len(done.stdout), used)"
    )
    out = subprocess.run(
        python(measured), env=wrapper.environ, capture_output=True, check=True
    )
    size, used_kb = map(int, out.stdout.split())
    assert size == 200_000_000
    assert used_kb < 60_000
    assert wrapper.end().body == b"x" * 10_000


def test_standard_input_is_the_commands(wrapper: Wrapper) -> None:
    every = bytes(range(256)) * 1_000
    assert wrapper.run("cat", input=every).stdout == every


def test_a_closed_output_ends_the_command_as_it_would(wrapper: Wrapper) -> None:
    process = wrapper.start("yes", options=["--quiet"])
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(PATIENCE_S) == -signal.SIGPIPE
    assert process.stderr is not None
    process.stderr.close()
    assert wrapper.end().exit_code == 128 + signal.SIGPIPE


def test_streams_that_were_closed_stay_closed(wrapper: Wrapper) -> None:
    script = "ls /proc/self/fd 2>/dev/null || ls /dev/fd; exit 3"
    line = " ".join(map(_quoted, wrapper.line("sh", "-c", script)))
    done = subprocess.run(
        ["sh", "-c", f"{line} <&- 2>&-"],
        env=wrapper.environ,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3
    assert wrapper.end().body == done.stdout


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def test_a_process_left_behind_delays_nothing_and_goes_on_printing(
    wrapper: Wrapper,
) -> None:
    reader, writer = os.pipe()
    script = "exec 3<&0; (read l <&3; echo from behind; echo $l) & echo done; exit 6"
    with wrapper.start("sh", "-c", script, stdin=reader) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
        assert process.wait(PATIENCE_S) == 6
        assert wrapper.end().exit_code == 6
        assert wrapper.end().body == b"done\n"
        os.write(writer, b"hello\n")
        assert process.stdout.read() == b"from behind\nhello\n"
    os.close(reader)
    os.close(writer)


def test_a_reader_that_takes_his_time_gets_all_and_delays_no_report(
    wrapper: Wrapper,
) -> None:
    expected = b"".join(b"%06d\n" % number for number in range(17_000))
    script = "i=0; while [ $i -lt 17000 ]; do printf '%06d\\n' $i; i=$((i+1)); done"
    with wrapper.start("sh", "-c", script, options=["--quiet"]) as process:
        until_ended(wrapper)
        assert process.poll() is None
        assert wrapper.end().body == expected[-10_000:]
        assert process.stdout is not None
        assert process.stdout.read() == expected
        assert process.wait(PATIENCE_S) == 0


def until_ended(wrapper: Wrapper) -> None:
    """Wait until the end of the run is kept."""
    for _ in range(3_000):
        if [each for each in wrapper.reports() if each.exit_code is not None]:
            return
        Event().wait(0.02)
    raise AssertionError("it never ends")


def test_files_that_were_handed_down_reach_the_command_alone(
    wrapper: Wrapper, tmp_path: Path
) -> None:
    """As the lock of `flock` is: it must be free again when the command has ended."""
    ours, theirs = socket.socketpair()
    number = theirs.fileno()
    # a process that is left behind holds the output, but not that file
    behind = f"if os.fork() == 0: os.close({number}); time.sleep(60)"
    code = f"import os, time; os.write({number}, b'held')\n{behind}"
    process = wrapper.start(
        *python(code), pass_fds=[number], process_group=0, stdin=subprocess.DEVNULL
    )
    theirs.close()
    ours.settimeout(PATIENCE_S)
    assert process.wait(PATIENCE_S) == 0
    assert ours.recv(100) == b"held"
    # nobody holds the other side any more
    assert ours.recv(100) == b""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    ours.close()


def test_a_job_that_is_none_is_said_and_the_command_runs(wrapper: Wrapper) -> None:
    line = wrapper.line("sh", "-c", "echo ran; exit 3")
    line[line.index("job")] = "No Job"
    done = subprocess.run(line, env=wrapper.environ, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (3, b"ran\n")
    assert b"'No Job' is no slug and no UUID" in done.stderr
    assert wrapper.reports() == []


def test_a_fault_of_ours_leaves_the_command_alone(
    wrapper: Wrapper, tmp_path: Path
) -> None:
    for fault in ("runs.Run.begin", "runs.Run.end", "settings.read", "runs.Run.lines"):
        module, _, name = fault.partition(".")
        code = (
            f"from bot.node import {module}\n"
            f"def fail(*args): raise ZeroDivisionError('a bug')\n"
            f"{fault.rpartition('.')[0]}.{name.rpartition('.')[2]} = fail\n"
            "from bot.cli.entry import main; main()"
        )
        done = subprocess.run(
            [*python(code), "exec", "job", "--", "sh", "-c", "echo ran; exit 3"],
            env=wrapper.environ,
            cwd=tree.ROOT,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (3, b"ran\n"), fault
        assert b"unexpected ZeroDivisionError: a bug" in done.stderr, fault


@pytest.mark.parametrize("args", [["--quiet"], []])
def test_what_goes_wrong_is_one_line(wrapper: Wrapper, args: list[str]) -> None:
    done = wrapper.run("true", options=args)
    lines = done.stderr.decode().splitlines()
    if args:
        assert lines == []
        return
    (line,) = lines
    assert line.startswith(f"cronitor exec: cannot reach {NOWHERE} (")
    assert line.endswith("kept for later: 2")
    assert "a-key" not in line
