"""The window of a live picture: tkinter with Pillow; the mark of synthetic pictures is drawn in here, always."""

from __future__ import annotations

import contextlib

import numpy as np
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.errors import MissingError
from prosopon.vouch.label.badge import badge

try:
    import tkinter as tk

    from PIL import ImageTk
except ImportError as error:  # Python without Tk, or Pillow without it
    _MISSING: str | None = str(error)
else:
    _MISSING = None

_SCREEN_SHARE = 0.8
"""The picture takes no more than this of the screen."""
_LEAST_SIDE_PX = 480
"""Smaller pictures are shown larger."""
_INSTEAD = "use -o FILE --no-window"
_KEYS = "r: new reference   q: end"


class Window:
    """Shows frames, a line of text, and hears keys; everything from the thread that made it.

    It appears with the first frame, whose size it takes.

    Args:
        title: of the window.

    Attributes:
        is_closed: whether the user closed it (or pressed q or Escape).

    Raises:
        MissingError: there is no display, or Python or Pillow came without Tk.
    """

    def __init__(self, title: str) -> None:
        if _MISSING is not None:
            raise MissingError(
                f"a window needs tkinter, which is not there ({_MISSING})",
                f"install it (on Debian: apt install python3-tk), or {_INSTEAD}",
            )
        try:
            root = tk.Tk()
        except tk.TclError as error:
            raise MissingError("there is no display to open a window on", _INSTEAD) from error
        self._root: tk.Tk | None = root
        root.withdraw()
        root.title(title)
        root.resizable(width=False, height=False)
        self._screen = (root.winfo_screenwidth(), root.winfo_screenheight())
        self._size = (0, 0)
        self._photo: ImageTk.PhotoImage | None = None
        self._picture = tk.Label(root, borderwidth=0)
        self._picture.pack()
        self._line = tk.StringVar(root)
        tk.Label(root, textvariable=self._line, anchor="w").pack(fill="x")
        tk.Label(root, text=_KEYS, anchor="w").pack(fill="x")
        self.is_closed = False
        self._pressed: list[str] = []
        root.protocol("WM_DELETE_WINDOW", self._end)
        root.bind("<Key>", self._hear)

    def show(self, frame: Frame) -> Frame:
        """Show a frame `uint8 (H, W, 3)`; what is really seen, mark and all, is handed back."""
        picture = Image.fromarray(frame)
        if self._photo is None:
            self._appear(*picture.size)
        if picture.size != self._size:
            picture = picture.resize(self._size, Image.Resampling.BILINEAR)
        marked = badge(np.asarray(picture))
        if self._root is not None and self._photo is not None and not self.is_closed:
            self._photo.paste(Image.fromarray(marked))
            self._root.update_idletasks()
        return marked

    def _appear(self, width: int, height: int) -> None:
        room = min(_SCREEN_SHARE * self._screen[0] / width, _SCREEN_SHARE * self._screen[1] / height)
        scale = min(room, max(1.0, _LEAST_SIDE_PX / max(width, height)))
        self._size = (max(1, round(width * scale)), max(1, round(height * scale)))
        self._photo = ImageTk.PhotoImage("RGB", self._size)
        self._picture.configure(image=self._photo)
        if self._root is not None:
            self._root.deiconify()

    def say(self, line: str) -> None:
        """The line below the picture."""
        self._line.set(line)

    def listen(self) -> list[str]:
        """Let the window live for a moment; the keys that were pressed since the last time."""
        if self._root is not None and not self.is_closed:
            try:
                self._root.update()
            except tk.TclError:  # the display has gone
                self.is_closed = True
        pressed, self._pressed = self._pressed, []
        return pressed

    def close(self) -> None:
        """The window goes away; once is enough."""
        self.is_closed = True
        root, self._root = self._root, None
        if root is not None:
            with contextlib.suppress(tk.TclError):  # the display has gone before
                root.destroy()

    def _end(self) -> None:
        self.is_closed = True

    def _hear(self, event: tk.Event[tk.Misc]) -> None:
        if event.keysym in ("q", "Escape"):
            self.is_closed = True
        self._pressed.append(event.keysym)
