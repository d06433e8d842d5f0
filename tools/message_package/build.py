# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Build a package of messages for Python on a machine without a ROS distribution.

The ROS wheels of PyPI have the generators, headers and libraries that such a package is made of.
`build.py FOLDER OUT` reads FOLDER/msg/*.msg, compiles with gcc and g++, and makes OUT/<name of the
folder>, for `PYTHONPATH=OUT`. `build.py tf2_msgs OUT` makes tf2_msgs/TFMessage, to try
`publish.tf`.
"""

import os
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig
from typing import Any

PREFIX = Path(sys.prefix)
PARTS = ('generator_c', 'typesupport_introspection_c', 'typesupport_fastrtps_c')
NEEDED = ('geometry_msgs', 'std_msgs', 'builtin_interfaces')
UPSTREAM = {'tf2_msgs': 'tf2_msgs/msg/TFMessage'}
"""Packages without a folder, whose message comes from the definitions of rosbags."""


def definitions(name: str) -> dict[str, str]:
    """Return the definitions by message of a package's folder, or of one of UPSTREAM."""
    if name in UPSTREAM:
        from rosbags.typesys import get_typestore, Stores

        message = UPSTREAM[name]
        fields = get_typestore(Stores.ROS2_JAZZY).generate_msgdef(message)[0]
        return {message.rpartition('/')[2]: fields.partition('====')[0]}
    return {path.stem: path.read_text() for path in sorted((Path(name) / 'msg').glob('*.msg'))}


def generate(name: str, texts: dict[str, str], out: Path) -> None:
    """Write the sources of the messages with the generators of ROS, each to its own folder."""
    from rosidl_adapter.msg import convert_msg_to_idl
    from rosidl_generator_c.cli import GenerateC
    from rosidl_generator_py.cli import GeneratePython
    from rosidl_generator_type_description.cli import HashTypeDescription
    from rosidl_typesupport_c.cli import GenerateCTypesupport
    from rosidl_typesupport_fastrtps_c.cli import GenerateFastRTPSCTypesupport
    from rosidl_typesupport_introspection_c.cli import GenerateIntrospectionCTypesupport

    package, share = out / name, [PREFIX / 'share']
    folder = package / 'msg'
    folder.mkdir(parents=True)
    for message, text in texts.items():
        (folder / f'{message}.msg').write_text(text)
        convert_msg_to_idl(package, name, Path(f'msg/{message}.msg'), folder)
    files = [f'{package}:msg/{message}.idl' for message in texts]
    hashes = [
        str(path)
        for path in HashTypeDescription('hash').generate_type_hashes(name, files, share, package)
    ]
    kinds = [f'rosidl_{part}' for part in PARTS[1:]]
    dispatch = GenerateCTypesupport('c', typesupport_implementations=kinds)
    python = GeneratePython('py', typesupport_implementations=['rosidl_typesupport_c'])
    steps: list[tuple[Any, str, list[Any]]] = [
        (GenerateC('c'), PARTS[0], [hashes]),
        (GenerateIntrospectionCTypesupport('i'), PARTS[1], []),
        (GenerateFastRTPSCTypesupport('f'), PARTS[2], []),
        (dispatch, 'dispatch', []),
    ]
    for generator, part, rest in steps:
        generator.generate(name, files, share, out / part / name, *rest)
    python.generate(name, files, share, package)
    (package / '__init__.py').touch()


def compile_all(name: str, out: Path) -> None:
    """Make the libraries of the messages and the module that Python loads."""
    import numpy

    python = [sysconfig.get_path('include'), numpy.get_include()]
    folders = [out, *(PREFIX / 'include').iterdir(), PREFIX / 'include', *python]
    includes = [f'-I{folder}' for folder in [*folders, *(out / part for part in PARTS)]]
    made: list[Path] = []
    for part in PARTS:
        sources = [*(out / part).rglob('*.c'), *(out / part).rglob('*.cpp')]
        library = out / name / f'lib{name}__rosidl_{part}.so'
        link(library, sources, includes, made)
        made.append(library)
    module = f'{name}_s__rosidl_typesupport_c{sysconfig.get_config_var("EXT_SUFFIX")}'
    sources = [*(out / name).rglob('*.c'), *(out / 'dispatch').rglob('*.cpp')]
    link(out / name / module, sources, includes, made)


def link(library: Path, sources: list[Path], includes: list[str], made: list[Path]) -> None:
    """Compile and link sources against the ROS libraries and those made before."""
    objects = []
    for source in sources:
        compiler = ['g++', '-std=c++17'] if source.suffix == '.cpp' else ['gcc']
        objects.append(f'{source}.o')
        arguments = ['-O1', '-fPIC', *includes, '-c', str(source), '-o', objects[-1]]
        subprocess.run([*compiler, *arguments], check=True)  # noqa: S603
    kinds = ('generator_c', 'typesupport_fastrtps_c', 'typesupport_introspection_c')
    ros = [f'-l{name}__rosidl_{kind}' for name in NEEDED for kind in kinds]
    ros += [f'-lrosidl_{kind}' for kind in ('runtime_c', 'typesupport_c', *kinds[1:])]
    ros += ['-lgeometry_msgs__rosidl_generator_py', '-lrcutils', '-lfastcdr']
    paths = [f'-L{PREFIX}/lib', f'-Wl,-rpath,{PREFIX}/lib:$ORIGIN', '-Wl,--no-as-needed']
    name = f'-Wl,-soname,{library.name}'
    command = ['g++', '-shared', '-o', str(library), name, *objects, *paths, *map(str, made)]
    subprocess.run([*command, '-Wl,--as-needed', *ros], check=True)  # noqa: S603


def main() -> int:
    """Build into the folder given."""
    if len(sys.argv) != 3:
        print('usage: build.py FOLDER|tf2_msgs OUT', file=sys.stderr)
        return 2
    folder, out = sys.argv[1], Path(sys.argv[2]).resolve()
    name, texts = Path(folder).name, definitions(folder)
    if not texts:
        print(f'{folder} has no msg/*.msg: expected a package of messages', file=sys.stderr)
        return 2
    if (out / name).exists():
        print(f'{out / name} exists: name another folder', file=sys.stderr)
        return 2
    os.environ['AMENT_PREFIX_PATH'] = str(PREFIX)
    generate(name, texts, out)
    compile_all(name, out)
    for part in (*PARTS, 'dispatch'):
        shutil.rmtree(out / part)
    print(f'{", ".join(texts)} of {name} in {out}: PYTHONPATH={out}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
