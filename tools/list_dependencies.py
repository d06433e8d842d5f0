# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Write docs/dependencies.md: what the locks install, with the licence of each distribution.

`python tools/list_dependencies.py .venv/bin/python` reads an environment that `make test` made.
The licences are those that pip-licenses finds (`pip install pip-licenses`); for ROS packages,
whose wheels name none, those of their package.xml, which the wheels install in share/.
"""

from collections import defaultdict
from collections.abc import Iterator
import json
from pathlib import Path
import re
import subprocess
import sys
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
STATED = {
    'ros-fastcdr': 'Apache-2.0',
    'ros-fastrtps': 'Apache-2.0',
    'setuptools': 'MIT',
    'urdf-parser-py': 'BSD-3-Clause',
}
"""Licences that stand in the sources of a distribution, not in its metadata."""
LOCKS = ('runtime', 'test', 'torch')
HEAD = """\
# Dependencies and their licences

What `make demo` (runtime) and `make test` (test) install where no ROS distribution is sourced:
`requirements/*.lock`. Versions and hashes of all files stand there; a sourced ROS distribution
takes the place of the `ros-*` packages. PyPI's torch brings NVIDIA's CUDA packages under NVIDIA's
own terms; PyTorch's CPU build does not.

```
requirements/lock.sh             # after a changed range; pip install uv
requirements/lock.sh --upgrade   # newer versions within the ranges; then make test
make test LOCKED=0               # the newest versions within the ranges, without locks
python tools/list_dependencies.py .venv/bin/python                     # pip install pip-licenses
cyclonedx-py environment .venv/bin/python -o sbom.cdx.json             # pip install cyclonedx-bom
pip-audit --require-hashes --disable-pip -r requirements/runtime.lock  # pip install pip-audit
```

The third last writes this table, the next an SBOM of what is installed (CycloneDX 1.6), the last
looks for known vulnerabilities.

| distribution | version | licence | for |
|---|---|---|---|
"""


def locked(lock: str) -> set[str]:
    """Return the names in a lock."""
    text = (ROOT / 'requirements' / f'{lock}.lock').read_text()
    return set(re.findall(r'^([a-z0-9][a-z0-9._-]*)==', text, re.MULTILINE))


def ros_licences(environment: Path) -> dict[str, str]:
    """Return the licence of each ROS package by its name, from its package.xml."""
    found = {}
    for path in sorted(environment.glob('share/*/package.xml')):
        tree = ElementTree.parse(path)  # noqa: S314 (of the environment's own packages)
        names = [(node.text or '').strip() for node in tree.iter('license')]
        found[path.parent.name] = ', '.join(names)
    return found


def licences(python: Path) -> dict[str, tuple[str, str]]:
    """Return version and licence by the canonical name of each distribution."""
    done = subprocess.run(  # noqa: S603 (no shell, our own words)
        ['pip-licenses', '--python', str(python), '--format', 'json',  # noqa: S607
         '--from', 'mixed', '--with-system'],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    of_ros = ros_licences(python.parent.parent)
    found = {}
    for entry in json.loads(done.stdout):
        name = re.sub(r'[-_.]+', '-', entry['Name']).lower()
        licence = entry['License']
        if licence == 'UNKNOWN' and name.startswith('ros-'):
            bare = name.removeprefix('ros-').removeprefix('jazzy-').replace('-', '_')
            licence = of_ros.get(bare, licence)
        if licence == 'UNKNOWN':
            licence = STATED.get(name, licence)
        found[name] = entry['Version'], ' '.join(licence.split())
    return found


def rows(found: dict[str, tuple[str, str]]) -> Iterator[str]:
    """Yield the rows of the table; ROS packages of one licence share one."""
    runtime = locked('runtime')
    ros: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(set().union(*map(locked, LOCKS)) & found.keys()):
        version, licence = found[name]
        target = 'runtime' if name in runtime else 'test'
        if name.startswith('ros-'):
            ros[licence, target].append(name)
        else:
            yield f'| {name} | {version} | {_short(licence)} | {target} |'
    for (licence, target), names in sorted(ros.items()):
        shown = ', '.join(names) if len(names) < 12 else f'{len(names)} packages `ros-*`'
        yield f'| {shown} | Jazzy | {_short(licence)} | {target} |'


def _short(licence: str) -> str:
    """Return a licence in a cell; some distributions hold the whole text of theirs."""
    return (licence if len(licence) <= 60 else f'{licence[:57]}...').replace('|', '/')


def main() -> None:
    """Write the document."""
    found = licences(Path(sys.argv[1]))
    text = HEAD + ''.join(f'{row}\n' for row in rows(found))
    (ROOT / 'docs' / 'dependencies.md').write_text(text)


if __name__ == '__main__':
    main()
