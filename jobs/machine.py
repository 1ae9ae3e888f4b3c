"""What this machine, or the part of it that we may use, has: cores and memory."""

from __future__ import annotations

import os
from pathlib import Path

from config import Settings

LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # of a container: version 2, version 1
MEGABYTE = 1 << 20
LEAST_MB, MOST_MB = 192, 2048  # of one job, unless the setting says otherwise
SMALL_MB = 1024
WARM_MB = 160  # what the worker and its warm process hold


def memory_mb() -> int:
    """The memory that we may use."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    texts = [Path(file).read_text().strip() for file in LIMITS if Path(file).exists()]
    return min([physical, *(int(text) for text in texts if text.isdecimal())]) // MEGABYTE


def is_small() -> bool:
    """Say whether a warm process is too much to keep while there is nothing to do."""
    return memory_mb() <= SMALL_MB


def job_memory_mb(settings: Settings) -> int:
    """The memory of one job, beyond what a fresh child holds."""
    return settings.job_memory_mb or min(max(memory_mb() // 3, LEAST_MB), MOST_MB)


def job_count(settings: Settings) -> int:
    """How many jobs run at once: as many as there are cores, and as memory allows."""
    if settings.worker_concurrency:
        return settings.worker_concurrency
    room = (memory_mb() - WARM_MB) // job_memory_mb(settings)
    return max(1, min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, room))
