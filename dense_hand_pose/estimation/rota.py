# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Which views of a frame a search takes (localizer.Views).

All of them cost several times as much as the whole frame alone. So they are all taken only where
nothing is known; from then on the parts of the frame have their turns.
"""

from dense_hand_pose.detection.proposals import all_views, Views, WHOLE


class Rota:
    """The turns of a frame's parts; ``parts`` of them, or none."""

    def __init__(self, parts: int) -> None:
        self._parts = parts
        self.reset()

    def reset(self) -> None:
        """Begin with all views."""
        self._fresh, self._next, self._whole_is_next = True, 0, True

    def thorough(self) -> Views:
        """Return the views of a search of its own: the whole frame, and all parts or the next."""
        if self._fresh:
            self._fresh = False
            return all_views(self._parts)
        return Views(parts=self._turn())

    def quick(self) -> Views:
        """Return the view of a search beside other work: now the whole frame, now a part."""
        whole = self._whole_is_next or not self._parts
        self._whole_is_next = not whole
        return WHOLE if whole else Views(whole=False, parts=self._turn())

    def _turn(self) -> tuple[int, ...]:
        if not self._parts:
            return ()
        number = self._next
        self._next = (number + 1) % self._parts
        return (number,)
