# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Build tf2_msgs/TFMessage for Python, to try `publish.tf` on a machine without a ROS distribution.

The ROS wheels of PyPI lack tf2_msgs, but have the generators, headers and libraries that it is
made of; only the headers of Fast CDR are missing. `build.py FASTCDR OUT` takes a checkout of
https://github.com/eProsima/Fast-CDR (the version of the wheel ros-fastcdr) and a compiler (g++),
and makes OUT/tf2_msgs. Then `PYTHONPATH=OUT python -m pytest test/ros -k tf` runs those tests.
"""

import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import sysconfig
from typing import Any

NAME = 'tf2_msgs'
MESSAGE = 'tf2_msgs/msg/TFMessage'
PREFIX = Path(sys.prefix)
PARTS = ('generator_c', 'typesupport_introspection_c', 'typesupport_fastrtps_c')
NEEDED = ('geometry_msgs', 'std_msgs', 'builtin_interfaces')


def generate(out: Path) -> None:
    """Write the sources of the message with the generators of ROS, each to its own folder."""
    from rosidl_adapter.msg import convert_msg_to_idl
    from rosidl_generator_c.cli import GenerateC
    from rosidl_generator_py.cli import GeneratePython
    from rosidl_generator_type_description.cli import HashTypeDescription
    from rosidl_typesupport_c.cli import GenerateCTypesupport
    from rosidl_typesupport_fastrtps_c.cli import GenerateFastRTPSCTypesupport
    from rosidl_typesupport_introspection_c.cli import GenerateIntrospectionCTypesupport

    package, share = out / NAME, [PREFIX / 'share']
    folder = package / 'msg'
    folder.mkdir(parents=True)
    fields, type_hash = definition()
    (folder / 'TFMessage.msg').write_text(fields)
    convert_msg_to_idl(package, NAME, Path('msg/TFMessage.msg'), folder)
    files = [f'{package}:msg/TFMessage.idl']
    hashes = HashTypeDescription('hash')
    (told,) = hashes.generate_type_hashes(NAME, files, share, package)
    if type_hash not in told.read_text():
        raise RuntimeError(f'{told}: the type hash of upstream, {type_hash}, is not in it')
    kinds = [f'rosidl_{part}' for part in PARTS[1:]]
    dispatch = GenerateCTypesupport('c', typesupport_implementations=kinds)
    python = GeneratePython('py', typesupport_implementations=['rosidl_typesupport_c'])
    steps: list[tuple[Any, str, list[Any]]] = [
        (GenerateC('c'), PARTS[0], [[str(told)]]),
        (GenerateIntrospectionCTypesupport('i'), PARTS[1], []),
        (GenerateFastRTPSCTypesupport('f'), PARTS[2], []),
        (dispatch, 'dispatch', []),
    ]
    for generator, part, rest in steps:
        generator.generate(NAME, files, share, out / part / NAME, *rest)
    python.generate(NAME, files, share, package)
    (package / '__init__.py').touch()


def definition() -> tuple[str, str]:
    """Return the fields of the message in Jazzy, and the hash of its type."""
    from rosbags.typesys import get_typestore, Stores

    types = get_typestore(Stores.ROS2_JAZZY)
    fields = types.generate_msgdef(MESSAGE)[0].partition('====')[0]
    return fields, types.hash_rihs01(MESSAGE)


def write_cdr_header(checkout: Path, out: Path) -> None:
    """Write the one header of Fast CDR that its own build makes."""
    values = {'HAVE_CXX11': '1', 'FASTCDR_SIZEOF_LONG_DOUBLE': '16'}
    text = (checkout / 'include/fastcdr/config.h.in').read_text()
    (out / 'fastcdr').mkdir()
    (out / 'fastcdr/config.h').write_text(
        re.sub('@(\\w+)@', lambda found: values.get(found[1], '0'), text)
    )


def compile_all(out: Path, checkout: Path) -> None:
    """Make the libraries of the message and the module that Python loads."""
    import numpy

    python = [sysconfig.get_path('include'), numpy.get_include()]
    folders = [out, checkout / 'include', *(PREFIX / 'include').iterdir(), *python]
    includes = [f'-I{folder}' for folder in [*folders, *(out / part for part in PARTS)]]
    made: list[Path] = []
    for part in PARTS:
        sources = [*(out / part).rglob('*.c'), *(out / part).rglob('*.cpp')]
        library = out / NAME / f'lib{NAME}__rosidl_{part}.so'
        link(library, sources, includes, made)
        made.append(library)
    module = f'{NAME}_s__rosidl_typesupport_c{sysconfig.get_config_var("EXT_SUFFIX")}'
    sources = [*(out / NAME).rglob('*.c'), *(out / 'dispatch').rglob('*.cpp')]
    link(out / NAME / module, sources, includes, made)


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
        print('usage: build.py FASTCDR OUT', file=sys.stderr)
        return 2
    checkout, out = (Path(word).resolve() for word in sys.argv[1:])
    if (out / NAME).exists():
        print(f'{out / NAME} exists: name another folder', file=sys.stderr)
        return 2
    os.environ['AMENT_PREFIX_PATH'] = str(PREFIX)
    generate(out)
    write_cdr_header(checkout, out)
    compile_all(out, checkout)
    for part in (*PARTS, 'dispatch', 'fastcdr'):
        shutil.rmtree(out / part)
    print(f'{MESSAGE} is in {out}: PYTHONPATH={out}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
