// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/link_memory.h"

#include "state_fixture.h"

namespace pcg::gateway {
namespace {

using bus::Transport;
using LinkMemoryTest = StateFixture;

TEST_F(LinkMemoryTest, BeginsWithNatsAndKeepsWhatWorkedOverARestart) {
    EXPECT_EQ(*recalledTransport(storage()), Transport::Nats);

    ASSERT_TRUE(keepTransport(storage(), Transport::WebSocket));
    reopen();
    EXPECT_EQ(*recalledTransport(storage()), Transport::WebSocket);

    ASSERT_TRUE(keepTransport(storage(), Transport::TlsFirst));
    reopen();
    EXPECT_EQ(*recalledTransport(storage()), Transport::TlsFirst);
    ASSERT_TRUE(keepTransport(storage(), Transport::Nats));
    reopen();
    EXPECT_EQ(*recalledTransport(storage()), Transport::Nats);
}

}  // namespace
}  // namespace pcg::gateway
