import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGKILL, SIGSTOP, SIGTERM
from typing import Any

import psutil
import pytest

from embedded.checks import LEAST_FREE, check_folder, check_port, check_space, free_port
from embedded.errors import Problem

ROOT = Path(__file__).resolve().parent.parent.parent
PAUSE = "import signal; signal.pause()"
WITH_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {PAUSE!r}])"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {PAUSE}"
DONE = "Serving on"


class Run:
    """One supervisor, its output, and the processes that it has started."""

    def __init__(self, root: Path, port: int, **plan: Any) -> None:
        self.records = root / "var" / "run.json"
        document = json.dumps({"root": str(root), "port": port, **plan})
        command = [sys.executable, "-m", "tests.embedded.small_run", document]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def read_until(self, words: str) -> str:
        """What it prints up to the line with these words, or to the end when they never come."""
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if words in line:
                break
        return "".join(lines)

    def end(self) -> tuple[int, str]:
        printed = self.read_until("words that nobody prints")
        return self.process.wait(30), printed

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def service(self, name: str) -> int:
        processes = {record[0]: record[1] for record in json.loads(self.records.read_text())["processes"]}
        return int(processes[name])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Any]:
    runs: list[Run] = []

    def start(**plan: Any) -> Run:
        runs.append(Run(tmp_path, port, **plan))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.terminate()
        run.end()


@pytest.fixture
def stranger() -> Iterator[Any]:
    """A process that is none of ours."""
    with ExitStack() as ends:

        def begin(code: str) -> "subprocess.Popen[str]":
            other = ends.enter_context(
                subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
            )
            ends.callback(other.kill)
            return other

        yield begin


def gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=20)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("code", [0, 3])
def test_a_single_run_ends_with_the_code_of_its_last_command(start, code):
    run = start(services={"web": PAUSE}, finale=f"print('summary'); raise SystemExit({code})", once=True)
    assert run.read_until("summary")
    assert run.end()[0] == code


@pytest.mark.parametrize("signal", [SIGINT, SIGTERM, SIGHUP])
def test_a_signal_ends_a_serving_run_and_everything_in_it(start, signal):
    run = start(services={"web": PAUSE, "worker": WITH_CHILD})
    run.read_until(DONE)
    processes = run.descendants()
    assert len(processes) >= 3
    run.process.send_signal(signal)
    assert run.end()[0] == 0
    assert gone(processes)
    assert not run.records.exists()


def test_a_signal_ends_a_run_that_is_still_preparing(start, tmp_path):
    run = start(steps={"slow": f"open('begun', 'w'); {PAUSE}"}, services={"web": PAUSE})
    while not (tmp_path / "begun").exists():
        assert run.process.poll() is None
    processes = run.descendants()
    run.process.send_signal(SIGINT)
    assert run.end()[0] == 130
    assert gone(processes)
    assert not (tmp_path / "slow.stamp").exists()


def test_the_second_ctrl_c_does_not_wait(start):
    run = start(services={"web": DEAF})
    run.read_until(DONE)
    processes = run.descendants()
    run.process.send_signal(SIGINT)
    run.process.send_signal(SIGINT)
    assert run.end()[0] == 0
    assert gone(processes)


def test_two_runs_at_once_are_refused_with_the_way_out(start):
    first = start(services={"web": PAUSE})
    first.read_until(DONE)
    code, printed = start(services={"web": PAUSE}).end()
    assert code == 1
    assert f"kill {first.process.pid}" in printed
    assert "http://localhost:" in printed


def test_a_service_that_dies_is_started_again(start):
    run = start(services={"web": PAUSE})
    run.read_until(DONE)
    before = run.service("web")
    psutil.Process(before).kill()
    assert "web has died and is started again" in run.read_until("started again")
    run.process.send_signal(SIGTERM)
    assert run.end()[0] == 0
    assert not psutil.pid_exists(before)


def test_a_service_that_never_lives_ends_the_run_with_its_last_words(start):
    code, printed = start(services={"web": "raise SystemExit('no settings file')", "worker": PAUSE}).end()
    assert code == 1
    assert "web died 5 times in a minute" in printed
    assert printed.count("no settings file") >= 5


def test_a_step_that_fails_ends_the_run_with_its_last_words(start, tmp_path):
    code, printed = start(steps={"migrate": "raise SystemExit('no such table')"}, services={"web": PAUSE}).end()
    assert code == 1
    assert "Step migrate: failed with exit code 1" in printed
    assert "no such table" in printed
    assert not (tmp_path / "migrate.stamp").exists()


def test_a_step_runs_again_only_when_its_input_has_changed(start, tmp_path):
    count = "open('count', 'a').write('x')"
    (tmp_path / "input.txt").write_text("one")
    for _ in range(2):
        start(steps={"count": count}, once=True).end()
    assert (tmp_path / "count").read_text() == "x"
    (tmp_path / "input.txt").write_text("two")
    start(steps={"count": count}, once=True).end()
    assert (tmp_path / "count").read_text() == "xx"


def test_a_killed_supervisor_leaves_nothing_running(start):
    run = start(services={"web": PAUSE, "worker": WITH_CHILD})
    run.read_until(DONE)
    processes = run.descendants()
    run.process.send_signal(SIGKILL)
    run.end()
    assert gone(processes)


def test_what_outlived_even_that_is_stopped_by_the_next_run(start):
    first = start(services={"web": PAUSE})
    first.read_until(DONE)
    processes = first.descendants()
    first.process.send_signal(SIGSTOP)
    for process in processes:
        if "embedded.guardian" in process.cmdline():
            process.kill()
    first.process.send_signal(SIGKILL)
    first.process.wait()
    code, printed = start(services={"web": PAUSE}, once=True).end()
    assert code == 0
    assert "had left web behind" in printed
    assert gone(processes)


def test_a_recorded_number_that_now_belongs_to_a_stranger_is_left_alone(start, stranger, tmp_path):
    other = stranger(PAUSE)
    (tmp_path / "var").mkdir()
    document = {"supervisor": [1, 1.0], "address": "", "processes": [["web", other.pid, 12345.0, 15]]}
    (tmp_path / "var" / "run.json").write_text(json.dumps(document))
    code, printed = start(services={"web": PAUSE}, once=True).end()
    assert (code, other.poll()) == (0, None)
    assert "behind" not in printed


def test_a_taken_port_is_named_with_who_has_it_and_one_that_is_free(stranger, port):
    listen = f"import socket; kept = socket.create_server(('127.0.0.1', {port})); print('up', flush=True)"
    other = stranger(f"{listen}; {PAUSE}")
    other.stdout.readline()
    with pytest.raises(Problem, match=rf"Port {port} is taken by .+ \(process {other.pid}\).*PORT=\d+ make run"):
        check_port(port)


def test_a_disk_with_too_little_space_is_named(tmp_path):
    check_space(tmp_path, least=0)
    with pytest.raises(Problem, match=r"has \d+ MB left, and \d+ MB are needed"):
        check_space(tmp_path, least=2**62)
    assert LEAST_FREE == 500 * 2**20


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match="Not a directory"):
        check_folder(tmp_path / "file" / "var")
