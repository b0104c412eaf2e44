"""`python forked.py SOCKET MODULE ARGUMENT…`: runs a module, forked of another process.

It starts in an instant, since it imports next to nothing. It passes on the signals that
ask to end.
"""

import os
import signal
import socket
import sys

SIZE_BYTES = PID_BYTES = 4


def ask(
    connection: socket.socket,
    command: list[str],
    folder: str,
    environment: dict[str, str],
    streams: list[int],
) -> int:
    """Ask for a fork that runs a module with arguments there; its process id.

    The streams are its standard input, output and error. It ends with the connection.
    """
    variables = [f"{name}={value}" for name, value in environment.items()]
    asked = os.fsencode("\0".join([folder, str(len(command)), *command, *variables]))
    size = len(asked).to_bytes(SIZE_BYTES, "big")
    socket.send_fds(connection, [size], streams)
    connection.sendall(asked)
    return int.from_bytes(connection.recv(PID_BYTES, socket.MSG_WAITALL), "big")


def status_of(connection: socket.socket) -> int:
    """Wait for the fork: its exit status, or the number of its signal, negative."""
    return int(connection.recv(16) or -signal.SIGKILL)


def main(path: str, *command: str) -> None:
    """Ask for the fork, wait for it and end as it did."""
    folder = os.getcwd()  # noqa: PTH109  (pathlib takes longer to load than all else)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        pid = ask(connection, list(command), folder, dict(os.environ), [0, 1, 2])
        for number in (0, 1):  # their ends are to be seen when the fork ends
            os.close(number)
        if pid:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda its, _frame: _send(pid, its))
        status = status_of(connection)
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


if __name__ == "__main__":
    main(*sys.argv[1:])
