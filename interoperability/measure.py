"""Runs a command and prints what it took, as a JSON line on standard output.

    python measure.py COMMAND [ARGUMENT ...]

Wall time, CPU time of the command and its children (user and system), and the
peak of its resident memory.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time


def main() -> int:
    """Runs the command; its exit code is ours."""
    started = time.perf_counter()
    code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False).returncode
    wall = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    print(
        json.dumps(
            {
                "wall_seconds": wall,
                "cpu_seconds": usage.ru_utime + usage.ru_stime,
                "peak_bytes": usage.ru_maxrss * unit,
                "exit_code": code,
            }
        )
    )
    return code


if __name__ == "__main__":
    sys.exit(main())
