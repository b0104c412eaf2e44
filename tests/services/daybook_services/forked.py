"""`python forked.py SOCKET MODULE ARGUMENT…`: runs a module, forked of another process.

It starts in an instant, since it imports next to nothing. It passes on the signals that
ask to end.
"""

import os
import signal
import socket
import sys


def main() -> None:
    """Ask for the fork, wait for it and end as it did."""
    path, *command = sys.argv[1:]
    folder = os.getcwd()  # noqa: PTH109  (pathlib takes longer to load than all else)
    environment = [f"{name}={value}" for name, value in os.environ.items()]
    asked = "\0".join([folder, str(len(command)), *command, *environment]).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        size = len(asked).to_bytes(4, "big")
        socket.send_fds(connection, [size], [0, 1, 2])
        connection.sendall(asked)
        for number in (0, 1):  # their ends are to be seen when the fork ends
            os.close(number)
        pid = int.from_bytes(connection.recv(4, socket.MSG_WAITALL), "big")
        if pid:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda its, _frame: _send(pid, its))
        status = int(connection.recv(16) or -signal.SIGKILL)
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:  # it has just ended
        return


main()
