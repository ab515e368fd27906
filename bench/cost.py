"""What requests cost, as the kernel accounts for it: CPU time of every process that took part."""

import os
import time
from pathlib import Path

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


class Crew:
    """Processes by their first ancestors, this one left out, whose CPU time is counted together."""

    def __init__(self, *first: int):
        self._first = first

    def cpu_ms(self) -> float:
        """CPU time so far, in milliseconds, of all of them and of their children that ended."""
        total = 0
        for pid in self._all():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:  # ended meanwhile; its parent has its time
                continue
            total += sum(int(field) for field in fields[11:15])
        return total * TICK_MS

    def memory_mb(self) -> float:
        """What they keep in memory now and share with nobody, in megabytes."""
        kilobytes = 0
        for pid in self._all():
            try:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            kilobytes += sum(int(s.split()[1]) for s in lines if s.startswith("Private_"))
        return kilobytes / 1024

    def _all(self) -> set[int]:
        children: dict[int, list[int]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(path.parent.name))
        found, waiting = set(), list(self._first)
        while waiting:
            pid = waiting.pop()
            found.add(pid)
            waiting += children.get(pid, [])
        return found - {os.getpid()}


def settle(crew: Crew) -> None:
    """Wait until they do nothing any more."""
    for _ in range(100):
        before = crew.cpu_ms()
        time.sleep(0.2)
        if crew.cpu_ms() - before <= TICK_MS:
            return
