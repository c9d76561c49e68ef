"""Operations that make, move and remove names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chaos_ext.passthrough import protocol, syscalls
from chaos_ext.passthrough.protocol import (
    LINK_IN,
    MKDIR_IN,
    MKNOD_IN,
    RENAME2_IN,
    RENAME_IN,
)

if TYPE_CHECKING:
    from chaos_ext.passthrough.folder import Folder
    from chaos_ext.passthrough.protocol import Request


def mknod(folder: Folder, request: Request) -> bytes:
    """Make a file, a pipe or a socket, and open nothing."""
    mode, device, _, _ = MKNOD_IN.unpack_from(request.body)
    name = request.names(MKNOD_IN.size)[0]
    with folder.as_caller(request):
        os.mknod(name, mode, device, dir_fd=folder.inodes.fd(request.nodeid))
    return _told(folder, request, name)


def mkdir(folder: Folder, request: Request) -> bytes:
    """Make a folder."""
    mode, _ = MKDIR_IN.unpack_from(request.body)
    name = request.names(MKDIR_IN.size)[0]
    with folder.as_caller(request):
        os.mkdir(name, mode, dir_fd=folder.inodes.fd(request.nodeid))
    return _told(folder, request, name)


def symlink(folder: Folder, request: Request) -> bytes:
    """Make a symbolic link; its name comes first."""
    name, leads_to = request.names()
    with folder.as_caller(request):
        os.symlink(leads_to, name, dir_fd=folder.inodes.fd(request.nodeid))
    return _told(folder, request, name)


def link(folder: Folder, request: Request) -> bytes:
    """Give a file one more name."""
    (old,) = LINK_IN.unpack_from(request.body)
    name = request.names(LINK_IN.size)[0]
    there = folder.inodes.fd(request.nodeid)
    os.link(folder.inodes.path(old), name, dst_dir_fd=there, follow_symlinks=True)
    return _told(folder, request, name)


def unlink(folder: Folder, request: Request) -> bytes:
    """Remove the name of a file; whoever has it open keeps it."""
    os.unlink(request.names()[0], dir_fd=folder.inodes.fd(request.nodeid))
    return b""


def rmdir(folder: Folder, request: Request) -> bytes:
    """Remove a folder that is empty."""
    os.rmdir(request.names()[0], dir_fd=folder.inodes.fd(request.nodeid))
    return b""


def rename(folder: Folder, request: Request) -> bytes:
    """Move a name, and take another's place."""
    (new_folder,) = RENAME_IN.unpack_from(request.body)
    old, new = request.names(RENAME_IN.size)
    here, there = folder.inodes.fd(request.nodeid), folder.inodes.fd(new_folder)
    os.rename(old, new, src_dir_fd=here, dst_dir_fd=there)
    return b""


def rename2(folder: Folder, request: Request) -> bytes:
    """Move a name, but not onto another, or exchange the two."""
    new_folder, flags, _ = RENAME2_IN.unpack_from(request.body)
    old, new = request.names(RENAME2_IN.size)
    here, there = folder.inodes.fd(request.nodeid), folder.inodes.fd(new_folder)
    syscalls.rename(here, old, there, new, flags)
    return b""


def _told(folder: Folder, request: Request, name: bytes) -> bytes:
    return protocol.entry(*folder.inodes.find(request.nodeid, name))
