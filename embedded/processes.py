"""Processes named by number and start time, so that a number that was given out again is never mistaken for ours."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass

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

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to the process, or to its whole group when it leads one; a process that is gone is no error."""
        if not self.alive():
            return
        with contextlib.suppress(ProcessLookupError):
            if group and os.getpgid(self.pid) == self.pid:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)

    def wait(self, seconds: float, child: "subprocess.Popen[bytes] | None" = None) -> bool:
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
