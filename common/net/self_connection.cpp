// SPDX-License-Identifier: Apache-2.0
#include "common/net/self_connection.h"

#include "common/base/text.h"

#include <cstring>
#include <memory>

#include <dirent.h>
#include <sys/socket.h>

namespace pcg::net {
namespace {

struct Name {
    sockaddr_storage address{};
    socklen_t size = sizeof(sockaddr_storage);

    friend bool operator==(const Name& a, const Name& b) {
        return a.size == b.size && std::memcmp(&a.address, &b.address, a.size) == 0;
    }
};

bool localName(int fd, Name& name) {
    return ::getsockname(fd, reinterpret_cast<sockaddr*>(&name.address), &name.size) == 0;
}

bool peerName(int fd, Name& name) {
    return ::getpeername(fd, reinterpret_cast<sockaddr*>(&name.address), &name.size) == 0;
}

bool isOtherEnd(int fd, const Name& itsLocal, const Name& itsPeer) {
    Name local;
    Name peer;
    return localName(fd, local) && peerName(fd, peer) && local == itsPeer && peer == itsLocal;
}

}  // namespace

bool isConnectionFromThisProcess(const TcpSocket& accepted) {
    const int fd = const_cast<TcpSocket&>(accepted).native_handle();
    Name local;
    Name peer;
    if (!localName(fd, local) || !peerName(fd, peer)) return false;

    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), &::closedir);
    if (!directory) return false;
    while (const dirent* entry = ::readdir(directory.get())) {
        const auto number = parseUnsigned(entry->d_name);
        if (!number) continue;
        if (isOtherEnd(static_cast<int>(*number), local, peer)) return true;
    }
    return false;
}

}  // namespace pcg::net
