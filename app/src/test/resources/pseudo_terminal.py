"""Runs a command in a pseudo-terminal, as a person at a terminal would.

Takes one JSON object on standard input: `command`, `cwd`, `seconds`, and `steps`, each of which waits for a pattern in what
was shown so far (`expect`), types (`send`), sends a signal (`signal`), or closes the terminal (`hangup`).
Prints one JSON object: `exit` as a shell would say it, `raw` as the terminal was sent it, and `missing`, the pattern that
never came.
"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

ROWS, COLUMNS = 24, 80


def main():
    task = json.load(sys.stdin)
    end = time.monotonic() + task["seconds"]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(task["cwd"])
        os.environ["TERM"] = "xterm"
        # The parent's choice must not decide what a signal does here.
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(task["command"][0], task["command"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    shown = bytearray()
    seen = 0
    missing = None
    steps = list(task["steps"])
    closed = False
    while True:
        while steps and missing is None:
            step = steps[0]
            if "expect" in step:
                found = re.compile(step["expect"].encode()).search(shown, seen)
                if not found:
                    break
                seen = found.end()
            elif "send" in step:
                os.write(terminal, step["send"].encode())
            elif "signal" in step:
                os.kill(child, step["signal"])
            elif "hangup" in step:
                os.close(terminal)
                closed = True
            steps.pop(0)
        if closed:
            break
        ready, _, _ = select.select([terminal], [], [], max(0, min(0.2, end - time.monotonic())))
        if ready:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break  # The last one that had the terminal open has closed it.
            if not data:
                break
            shown += data
        if time.monotonic() > end:
            missing = steps[0].get("expect", "the end") if steps else "the end"
            os.kill(child, signal.SIGTERM)
            end += 15
            steps = []
            if time.monotonic() > end:
                os.kill(child, signal.SIGKILL)
                break
    if steps and missing is None:
        missing = steps[0].get("expect", "the end")
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > end:
            missing = missing or "the end"
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            break
        time.sleep(0.02)
    code = os.waitstatus_to_exitcode(status)
    json.dump({
        "exit": code if code >= 0 else 128 - code,
        "raw": shown.decode("utf-8", "replace"),
        "missing": missing or "",
    }, sys.stdout)


main()
