# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The report in a real browser: nothing is fetched, nothing complains, the hand moves."""

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
import re
import time

import cv2
from dense_hand_pose.evaluation.recordings.records import FrameRecord, Recording
from dense_hand_pose.evaluation.recordings.summary import summarise_recording, summarise_timing
from dense_hand_pose.evaluation.recordings.tables import figure_rows
from dense_hand_pose.evaluation.report_page.page import report_page, shown_places
from dense_hand_pose.evaluation.report_page.worst_frames import Picture, worst_places
import numpy as np
import pytest
from support.browser import Browser, find_browser, running_browser

FRAMES = 30
HOSTILE = '</script><img src=x onerror=alert(1)>"\'&'


def recording(truth: bool = True) -> Recording:
    """Return a hand that turns, gets lost and is dropped."""
    rest = np.random.default_rng(1).normal(0.0, 0.05, (21, 3))
    frames = []
    for place in range(FRAMES):
        turn = cv2.Rodrigues(np.array([0.0, 0.1 * place, 0.0]))[0]
        joints = rest @ turn.T + np.array([0.0, 0.0, 0.5])
        frame = FrameRecord(
            stamp_ns=10**18 + place * 33_000_000,
            received_ns=10**18,
            frame_id='camera',
            outcome='hand',
            joints_m=joints,
            confidence=np.full(21, 0.3 + 0.02 * place),
            latency_ms=10.0 + place % 7,
        )
        if place in (12, 13):
            frame = replace(frame, outcome='no_hand', joints_m=None, confidence=None)
        if place == 20:
            frame = replace(frame, outcome=HOSTILE, joints_m=None, confidence=None)
        frames.append(frame)
    shifts = {f.stamp_ns: 0.001 * i for i, f in enumerate(frames)}
    known = {f.stamp_ns: f.joints_m for f in frames if f.joints_m is not None}
    return Recording(frames, {s: j + shifts[s] for s, j in known.items()} if truth else {})


def page_of(made: Recording) -> str:
    """Return the report of a recording."""
    metrics = summarise_recording(made)
    tile = cv2.imencode('.png', np.full((4, 8, 3), 90, np.uint8))[1].tobytes()
    pictures = [Picture(place, tile, f'Frame {place + 1}') for place in worst_places(made)[:2]]
    return report_page(
        made,
        metrics,
        pictures,
        figure_rows(metrics, summarise_timing(made.frames)),
        title=f'Hands of {HOSTILE}',
        facts=HOSTILE,
        warning=HOSTILE,
    )


@pytest.fixture(scope='module')
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report with ground truth."""
    path = tmp_path_factory.mktemp('page') / 'report.html'
    path.write_text(page_of(recording()), encoding='utf-8')
    return path


@pytest.fixture(scope='module')
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Return a running browser."""
    program = find_browser()
    if program is None:
        pytest.skip('no Chromium on this machine: apt-get install chromium-headless-shell')
    with running_browser(program, tmp_path_factory.mktemp('profile')) as running:
        yield running


def canvas(browser: Browser) -> str:
    """Return what the 3D view shows, as a data address."""
    return str(browser.run("document.getElementById('hand').toDataURL()"))


def colours(browser: Browser) -> int:
    """Return how many colours the 3D view shows."""
    code = """(() => {
        const c = document.getElementById('hand');
        const p = new Uint32Array(
            c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
        return new Set(p).size;
    })()"""
    return int(browser.run(code))


def set_frame(browser: Browser, place: int) -> None:
    """Move the slider as a hand would."""
    browser.run(
        f"(() => {{ const s = document.getElementById('frame'); s.value = {place};"
        " s.dispatchEvent(new Event('input', { bubbles: true })); })()"
    )


@pytest.mark.slow
def test_the_report_in_a_browser(browser: Browser, page: Path, tmp_path: Path) -> None:
    browser.wants(1200, dark=False)
    browser.visit(page)
    assert colours(browser) > 20
    first = canvas(browser)
    set_frame(browser, 9)
    ninth = canvas(browser)
    assert ninth != first
    moment = str(browser.run("document.getElementById('moment').textContent"))
    assert moment.startswith('Frame 10 of 30 · 0.297 s · hand · confidence 0.48')
    assert 'mean error 15.6 mm' in moment  # nine millimetres along each axis
    set_frame(browser, 0)
    assert canvas(browser) == first
    browser.screenshot(tmp_path / 'report.png')
    image = cv2.imread(str(tmp_path / 'report.png'))
    assert image is not None
    assert image.shape[1] == 1200
    assert image.std() > 10
    addresses = browser.requests()
    assert addresses[0] == page.as_uri()
    assert all(address.startswith('data:image/png') for address in addresses[1:])
    assert browser.complaints() == []


@pytest.mark.slow
def test_the_hand_turns_plays_and_is_seen_beside_the_truth(browser: Browser, page: Path) -> None:
    browser.wants(1200, dark=False)
    browser.visit(page)
    before = canvas(browser)
    place = browser.run(
        "(() => { const b = document.getElementById('hand').getBoundingClientRect();"
        ' return [b.x + b.width / 2, b.y + b.height / 2]; })()'
    )
    mouse = {'x': place[0], 'y': place[1], 'button': 'left', 'clickCount': 1}
    browser.call('Input.dispatchMouseEvent', type='mousePressed', **mouse)
    browser.call('Input.dispatchMouseEvent', type='mouseMoved', **{**mouse, 'x': place[0] + 90})
    browser.call('Input.dispatchMouseEvent', type='mouseReleased', **mouse)
    turned = canvas(browser)
    assert turned != before
    browser.run("document.getElementById('hand').focus()")
    browser.call('Input.dispatchKeyEvent', type='keyDown', key='ArrowUp')
    assert canvas(browser) != turned
    alone = canvas(browser)
    browser.run("document.getElementById('overlay').click()")
    assert canvas(browser) != alone
    browser.run("document.getElementById('play').click()")
    browser.until("Number(document.getElementById('frame').value) > 3")
    browser.until("document.getElementById('play').textContent === 'Play'")
    assert browser.run("document.getElementById('frame').value") == str(FRAMES - 1)
    browser.run("document.querySelector('#worst button').click()")
    assert browser.run("document.getElementById('frame').value") == '29'
    assert browser.complaints() == []


@pytest.mark.slow
def test_dark_narrow_and_without_truth(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / 'plain.html'
    path.write_text(page_of(recording(truth=False)), encoding='utf-8')
    browser.wants(400, dark=True)
    browser.visit(path)
    ground = str(browser.run('getComputedStyle(document.body).backgroundColor'))
    assert sum(map(int, re.findall(r'\d+', ground))) < 150
    assert browser.run('document.documentElement.scrollWidth <= 400')
    assert browser.run("document.getElementById('errors-section').hidden")
    assert browser.run("getComputedStyle(document.getElementById('overlay-label')).display")
    assert colours(browser) > 20
    assert browser.complaints() == []


class Tags(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.found.append((tag, dict(attrs)))


def test_names_in_a_bag_cannot_become_elements(page: Path) -> None:
    tags = Tags(page.read_text()).found
    assert not [tag for tag, attributes in tags if 'onerror' in attributes]
    assert [tag for tag, _ in tags].count('script') == 2
    images = [attributes for tag, attributes in tags if tag == 'img']
    assert len(images) == 2
    assert all(str(image['src']).startswith('data:image/png') for image in images)


def test_the_page_names_no_address_and_is_labelled(page: Path) -> None:
    text = page.read_text()
    tags = Tags(text).found
    assert not [tag for tag, _ in tags if tag in ('link', 'iframe', 'object')]
    # The only address is the name of SVG's namespace, which nobody fetches.
    assert set(re.findall(r'https?://[^\s\'"]+', text)) == {'http://www.w3.org/2000/svg'}
    labels = {attributes.get('for') for tag, attributes in tags if tag == 'label'}
    ids = {attributes['id'] for tag, attributes in tags if 'id' in attributes}
    assert {'frame', 'speed'} <= labels
    for tag, attributes in tags:
        assert tag != 'img' or attributes.get('alt')
        for name in ('aria-labelledby', 'aria-describedby', 'for'):
            assert attributes.get(name, next(iter(ids))) in ids


def test_a_long_recording_is_thinned() -> None:
    assert shown_places(3000) == list(range(3000))
    assert shown_places(3001) == list(range(0, 3001, 2))
    assert len(shown_places(100_000)) <= 3000


def test_the_worst_are_those_of_the_largest_error_or_least_confidence() -> None:
    assert worst_places(recording(), 2) == [29, 24]
    assert worst_places(recording(truth=False), 2) == [0, 5]


def test_the_worst_frames_of_an_hour_take_no_minutes() -> None:
    """Without an end the search compares every frame with all that it has chosen."""
    frames = [replace(recording(truth=False).frames[0], confidence=np.array([0.5]))] * 60_000
    begin = time.process_time()
    assert worst_places(Recording(frames, {}), 2) == [0, 5]
    assert time.process_time() - begin < 4.0
