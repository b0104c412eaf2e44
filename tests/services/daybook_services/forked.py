"""`python forked.py SOCKET MODULE`: runs a module as a fork of another process.

It starts in an instant, since it imports next to nothing.
"""

import os
import signal
import socket
import sys


def main() -> None:
    """Ask for the fork, wait for it and end as it did."""
    path, module = sys.argv[1:]
    folder = os.getcwd()  # noqa: PTH109  (pathlib takes longer to load than all else)
    words = [module, folder, *(f"{key}={os.environ[key]}" for key in os.environ)]
    asked = "\0".join(words).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        size = len(asked).to_bytes(4, "big")
        socket.send_fds(connection, [size], [0, 1, 2])
        connection.sendall(asked)
        for number in (0, 1):  # their ends are to be seen when the fork ends
            os.close(number)
        status = int(connection.recv(16) or -signal.SIGKILL)
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


main()
