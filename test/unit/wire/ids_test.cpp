// SPDX-License-Identifier: Apache-2.0
#include "common/wire/ids.h"

#include "common/wire/errc.h"

#include <gtest/gtest.h>

namespace pcg::wire {
namespace {

class CountingRandom final : public Random {
  public:
    void fill(MutableBytes bytes) override {
        for (auto& octet : bytes) octet = next_++;
    }

  private:
    std::uint8_t next_ = 0;
};

TEST(Ids, RoundTripWhatWasGenerated) {
    CountingRandom random;

    const auto tenant = newId<TenantId>(random);
    const auto gateway = newId<GatewayId>(random);
    const auto endpoint = newId<EndpointId>(random);
    const auto key = newId<AccessKeyId>(random);
    const auto instance = newId<InstanceId>(random);
    const auto request = newId<RequestId>(random);

    EXPECT_EQ(tenant.text(), "tn_0123456789abcdefghjkmnpqrs");
    EXPECT_EQ(parseTenantId(tenant.text()).value(), tenant);
    EXPECT_EQ(parseGatewayId(gateway.text()).value(), gateway);
    EXPECT_EQ(parseEndpointId(endpoint.text()).value(), endpoint);
    EXPECT_EQ(parseAccessKeyId(key.text()).value(), key);
    EXPECT_EQ(parseInstanceId(instance.text()).value(), instance);
    EXPECT_EQ(parseRequestId(request.text()).value(), request);
}

TEST(Ids, RefuseAnotherKindLengthCaseOrAlphabet) {
    for (const auto* text : {"",
                             "tn_",
                             "gw_0123456789abcdefghjkmnpqrs",
                             "tn_0123456789abcdefghjkmnpqr",
                             "tn_0123456789abcdefghjkmnpqrst",
                             "tn_0123456789ABCDEFGHJKMNPQRS",
                             "tn_0123456789abcdefghijklmno",
                             "tn_0123456789abcdefghjkmnpq.s",
                             "TN_0123456789abcdefghjkmnpqrs"}) {
        const auto id = parseTenantId(text);
        ASSERT_FALSE(id) << text;
        EXPECT_TRUE(id.error().is(kBadId));
    }
    EXPECT_FALSE(parseInstanceId("0123456789ABCDEF"));
    EXPECT_FALSE(parseInstanceId("0123456789abcde"));
    EXPECT_FALSE(parseUserNkey("UABC"));
    EXPECT_FALSE(parseUserNkey("A" + std::string(55, 'A')));
    EXPECT_FALSE(parseUserNkey("U" + std::string(54, 'A') + "."));
    EXPECT_TRUE(parseUserNkey("U" + std::string(55, 'A')));
}

}  // namespace
}  // namespace pcg::wire
