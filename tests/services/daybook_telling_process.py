"""`python -m daybook_telling_process`: tells about itself, then ends as it is told.

Each line of its input is an exit status, or `wait`, with which it waits for another.
"""

import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Tell where it runs, and end as the input says."""
    about = {
        "pid": os.getpid(),
        "folder": str(Path.cwd()),
        "environment": dict(os.environ),
        "arguments": sys.argv,
        "session": os.getsid(0),
        "zone": time.strftime("%z"),
    }
    sys.stdout.write(f"{json.dumps(about)}\n")
    sys.stdout.flush()
    sys.stderr.write("an error\n")
    sys.exit(int(sys.stdin.readline() or 7))


if __name__ == "__main__":
    main()
