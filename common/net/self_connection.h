// SPDX-License-Identifier: Apache-2.0
// Is the peer of a loopback connection this very process?
//
// The NATS library can only be given an address, not a descriptor; so it is given a port on
// loopback that any local user could also connect to. What is accepted there is used only if the
// other end is one of our own descriptors: some open socket of ours has the accepted socket's peer
// as its own name, and its name as peer. A four-tuple is unique while it is connected, so nobody
// else can hold it. Microseconds per open descriptor; Linux (/proc/self/fd).
#pragma once

#include "common/net/asio.h"

namespace pcg::net {

// False also when the socket is not connected or /proc cannot be read: refuse in doubt.
bool isConnectionFromThisProcess(const TcpSocket& accepted);

}  // namespace pcg::net
