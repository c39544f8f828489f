"""A virtual screen with Wireshark on it: starts Xvfb and the program, finds windows, presses keys, takes pictures.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import subprocess
import time

WIDTH, HEIGHT = 1680, 1050


class Screen:
    """One Xvfb. Use as a context manager; it ends every program it started."""

    def __init__(self, tshark, pictures):
        self.runner, self.pictures, self.programs = tshark, pictures, []
        pictures.mkdir(parents=True, exist_ok=True)
        reader, writer = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-ac",
                                        "-nolisten", "tcp"], pass_fds=[writer], stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb does not start"
        self.display = f":{number}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in self.programs:
            program.terminate()
        for program in self.programs:
            try:
                program.wait(10)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        self.server.terminate()
        self.server.wait()

    def start(self, *args):
        """Starts wireshark as the unprivileged user. @return the process; its words are in .log."""
        argv, env = self.runner.command("wireshark", *args, environment={"DISPLAY": self.display, "QT_ACCESSIBILITY": "0"})
        log = self.runner.work / f"wireshark{len(self.programs)}.log"
        with log.open("wb") as out:
            program = subprocess.Popen(argv, env=env, cwd=self.runner.scratch, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        program.log = log
        self.programs.append(program)
        return program

    def xdotool(self, *args):
        done = subprocess.run(["xdotool", *(str(arg) for arg in args)], env={**os.environ, "DISPLAY": self.display},
                              capture_output=True, text=True, timeout=60, check=False)
        return done.stdout.split("\n")[:-1]

    def windows(self):
        """Window id -> title of every visible window that has a title."""
        found = {}
        for window in self.xdotool("search", "--onlyvisible", "--name", "."):
            title = "\n".join(self.xdotool("getwindowname", window))
            if title:
                found[window] = title
        return found

    def wait_for(self, part, program, seconds=90):
        """Id of the first visible window with part in its title."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert program.poll() is None, f"wireshark ended with {program.returncode}:\n{program.log.read_text()}"
            for window, title in self.windows().items():
                if part in title:
                    return window
            time.sleep(0.5)
        raise AssertionError(f"no window '{part}'; there are: {self.windows()}\n{program.log.read_text()}")

    def wait_for_other(self, main, seconds=4):
        """Title of a window besides main, or None if none comes up."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            titles = [title for window, title in self.windows().items() if window != main and title != "wireshark"]
            if titles:
                return titles[0]
            time.sleep(0.3)
        return None

    def close_others(self, main):
        """Closes menus and dialogs."""
        self.xdotool("key", "Escape", "key", "Escape", "key", "Escape")
        for _ in range(5):
            others = [window for window in self.windows() if window != main]
            if not others:
                return
            for window in others:
                self.xdotool("windowfocus", window, "key", "Escape")
            time.sleep(0.3)

    def fill(self, window):
        """Makes a window as large as the screen and gives it the keyboard."""
        self.xdotool("windowsize", "--sync", window, WIDTH, HEIGHT, "windowmove", window, 0, 0, "windowfocus", window)
        self.settle()

    def settle(self, seconds=20):
        """Waits until two pictures in a row are equal."""
        before, until = None, time.monotonic() + seconds
        while time.monotonic() < until:
            now = subprocess.run(["import", "-display", self.display, "-window", "root", "rgb:-"], capture_output=True,
                                 check=True, timeout=60).stdout
            if now == before:
                return now
            before = now
            time.sleep(0.7)
        return before

    def picture(self, name):
        """Keeps the screen as NAME.png; @return its path."""
        path = self.pictures / f"{name}.png"
        subprocess.run(["import", "-display", self.display, "-window", "root", path], check=True, timeout=60)
        return path

    def colours(self):
        """Number of different colours on the screen: a window that drew nothing has a handful."""
        done = subprocess.run(["import", "-display", self.display, "-window", "root", "-format", "%k", "info:-"],
                              capture_output=True, text=True, check=True, timeout=60)
        return int(done.stdout)
