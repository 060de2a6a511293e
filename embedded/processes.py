"""Processes named by number and start time, so that a number that was given out again is never mistaken for ours."""

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass
from signal import SIGKILL, Signals
from typing import Any

import psutil


@dataclass(frozen=True)
class Identity:
    """A process as the kernel knows it: `started` is the creation time in seconds since the epoch."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Identity":
        """Raises psutil.NoSuchProcess when there is none."""
        return cls(pid, psutil.Process(pid).create_time())

    def alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            return abs(process.create_time() - self.started) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def send(self, number: Signals) -> None:
        """Send a signal; a process that is gone is no error."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, seconds: float, child: "subprocess.Popen[Any] | None" = None) -> bool:
        """Wait until the process is gone, reaping it when it is our `child`; False when it outlived `seconds`."""
        deadline = time.monotonic() + seconds
        while self.alive():
            if child is not None and child.poll() is not None:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        if child is not None:
            child.wait()
        return True

    def group(self) -> "list[Identity]":
        """The living members of the group that this process leads or led.

        The kernel gives a number to nobody else while a group still bears it, so when another process has it our group
        is empty.
        """
        if psutil.pid_exists(self.pid) and not self.alive() and not is_zombie(self.pid):
            return []
        members = []
        for pid in psutil.pids():
            with contextlib.suppress(ProcessLookupError, PermissionError, psutil.NoSuchProcess):
                if os.getpgid(pid) == self.pid:
                    members.append(Identity.of(pid))
        return [member for member in members if member.alive()]

    def stop(self, first: Signals, grace: float, child: "subprocess.Popen[Any] | None" = None) -> None:
        """Ask the process to end, and after `grace` seconds end it. Whatever it leaves behind in its group ends too.

        Only the leader is asked: it knows in what order its own children finish their work.
        """
        self.send(first)
        if not self.wait(grace, child):
            self.send(SIGKILL)
            self.wait(5.0, child)
        for member in self.group():
            member.send(SIGKILL)


def is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
