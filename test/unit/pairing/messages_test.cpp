// SPDX-License-Identifier: Apache-2.0
#include "pairing/messages.h"

#include "common/codec/errc.h"
#include "pairing/errc.h"
#include "test/unit/pairing/pairing_run.h"

#include <gtest/gtest.h>

namespace pcg::pairing::test {
namespace {

// What every message type must do with any text of one valid example.
template <class Message>
void obeysTheCommonRules(const std::string& text) {
    const auto message = Message::parse(text);
    ASSERT_TRUE(message) << text << ": " << message.error().message();
    EXPECT_EQ(message->write(), text);
    EXPECT_TRUE(Message::parse(text.substr(0, text.size() - 1) + ",\"later\":{\"x\":[1]}}"))
        << "unknown members are ignored";
    EXPECT_FALSE(Message::parse(text.substr(0, text.size() - 1) + ",\"crit\":[\"later\"]}"))
        << "unless critical";
    EXPECT_FALSE(Message::parse(text.substr(0, text.size() - 1) + ",\"v\":1}"))
        << "duplicate member";
    EXPECT_FALSE(Message::parse(text + " {}")) << "trailing bytes";
    EXPECT_FALSE(Message::parse(text + std::string(1'000'000, ' '))) << "size";
    EXPECT_FALSE(Message::parse("{\"v\":2," + text.substr(7))) << "version";
    EXPECT_FALSE(Message::parse("{\"v\":1.0," + text.substr(7)));
    EXPECT_FALSE(Message::parse("{\"v\":1}"));
    EXPECT_FALSE(Message::parse("[]"));
    for (std::size_t size = 0; size < text.size(); ++size)
        ASSERT_FALSE(Message::parse(text.substr(0, size)));
}

const std::string kNkey = "U" + std::string(55, 'A');

TEST(Messages, EveryOneIsReadBackAsWrittenAndRefusedWhenMalformed) {
    PairingRun run;
    obeysTheCommonRules<Offer>(run.offerRaw);
    obeysTheCommonRules<OfferReply>(
        OfferReply{run.fixture.sid, run.fixture.serverNonce, toText(Bytes(32, 1)), 600, 5}.write());
    obeysTheCommonRules<ClaimRequest>(
        ClaimRequest{{1}, {std::string(kSuite)}, "7K3M", "cli", "dc1"}.write());
    obeysTheCommonRules<ClaimTerms>(run.terms.write());
    obeysTheCommonRules<ClaimReply>(run.reply().write());
    obeysTheCommonRules<Envelope>(Envelope{run.terms.claimId, 2, "pake_a", "{\"v\":1}"}.write());
    obeysTheCommonRules<EventList>(
        EventList{{{1, {run.terms.claimId, 0, "claim", run.terms.write()}}}}.write());
    obeysTheCommonRules<PakeA>(PakeA{PointBytes{4}}.write());
    obeysTheCommonRules<PakeB>(
        PakeB{PointBytes{4}, PointBytes{4}, kNkey, Hash{1}, Hash{2}}.write());
    obeysTheCommonRules<ConfirmA>(ConfirmA{Hash{1}, Bytes(40, 2)}.write());
    obeysTheCommonRules<ConfirmABox>(ConfirmABox{Bytes(300, 1), "https://x", 5, true}.write());
    obeysTheCommonRules<ConfirmB>(ConfirmB{Hash{1}, Bytes(40, 2)}.write());
    obeysTheCommonRules<ConfirmBBox>(ConfirmBBox{"host", "0.1", "console", false}.write());
    obeysTheCommonRules<Failure>(Failure{"bad_code", 2}.write());
    obeysTheCommonRules<Status>(Status{"issued", ""}.write());
    obeysTheCommonRules<Approval>(
        "{\"v\":1," + Approval{Hash{1}, Hash{2}, Hash{3}, Hash{4}, kNkey}.write().substr(7));
    obeysTheCommonRules<Enrollment>(Enrollment{run.offer.gatewayId,
                                               kTenant,
                                               Bytes(300, 1),
                                               kNkey,
                                               PointBytes{4},
                                               Hash{1},
                                               Hash{2},
                                               "a.b.c"}
                                        .write());
    obeysTheCommonRules<Bind>(Bind{run.fixture.sid,
                                   run.terms.claimId,
                                   kTenant,
                                   run.offer.gatewayId,
                                   Hash{1},
                                   Hash{2},
                                   kNkey,
                                   PointBytes{4},
                                   "console",
                                   7}
                                  .write());
    obeysTheCommonRules<Bundle>(Bundle{Hash{1},
                                       run.offer.gatewayId,
                                       kTenant,
                                       "Acme",
                                       1,
                                       "pem",
                                       "pem",
                                       {{"tls://h:1"}, "pem", {"h"}, "A", "jwt", "pcg.v1.U"},
                                       "https://r",
                                       ByteArray<32>{9},
                                       1,
                                       2}
                                    .write());
    obeysTheCommonRules<Ack>(Ack{run.offer.gatewayId, 1, Hash{1}}.write());
}

TEST(Messages, AnOfferCannotClaimAnotherKeysId) {
    PairingRun run;
    auto offer = run.offer;
    offer.gatewayId = "gw_00000000000000000000000000";

    EXPECT_TRUE(Offer::parse(offer.write()).error().is(kIdentity));
}

TEST(Messages, BinaryMembersAreOfOneLengthAndOneSpelling) {
    const auto good = PakeA{PointBytes{4}}.write();
    ASSERT_TRUE(PakeA::parse(good));
    EXPECT_FALSE(PakeA::parse("{\"v\":1,\"pA\":\"" + toText(Bytes(64, 4)) + "\"}"));
    EXPECT_FALSE(PakeA::parse("{\"v\":1,\"pA\":\"" + toText(Bytes(66, 4)) + "\"}"));
    EXPECT_FALSE(PakeA::parse("{\"v\":1,\"pA\":\"" + toText(Bytes(65, 4)) + "=\"}"));
    EXPECT_FALSE(PakeA::parse("{\"v\":1,\"pA\":4}"));
}

TEST(Messages, AnApprovalWithoutYesIsRefused) {
    auto text = Approval{Hash{1}, Hash{2}, Hash{3}, Hash{4}, kNkey}.write();
    text.replace(text.find("true"), 4, "false");

    EXPECT_TRUE(Approval::parse(text).error().is(kMessage));
}

TEST(Messages, ARefusalIsReadFromWhateverTheServerSays) {
    const auto problem = Refusal::parse(
        409,
        R"({"type":"about:blank","code":"nameplate_taken","detail":"taken\u001b[2J","retry_after_ms":50})");
    EXPECT_EQ(problem.code, "nameplate_taken");
    EXPECT_EQ(problem.detail, "taken [2J");
    EXPECT_EQ(problem.retryAfterMilliseconds, 50);
    EXPECT_EQ(Refusal::parse(502, "<html>bad gateway</html>").code, "http_502");
    EXPECT_EQ(Refusal::parse(500, "").detail, "");
}

TEST(Messages, IdsInPathsAreOfOneSpelling) {
    EXPECT_TRUE(parseClaimId(toText(ClaimId{1})));
    EXPECT_FALSE(parseClaimId(toText(Sid{1})));
    EXPECT_FALSE(parseClaimId(""));
    EXPECT_FALSE(parseSid(toText(Sid{1}) + "="));
    EXPECT_FALSE(parseSid(std::string(100'000, 'A')));
}

TEST(Messages, AReleaseNamesOneEpochOfOnePairing) {
    const ReleaseRequest request{
        "gw_0123456789abcdefghjkmnpqrs", "tn_01jd3v8z9q4m6x2c7b5k0h1w8e", 3, 1'795'300'000'000};
    const auto raw = request.write();
    const auto read = ReleaseRequest::parse(raw);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->write(), raw);
    EXPECT_EQ(read->epoch, 3);
    obeysTheCommonRules<ReleaseRequest>(raw);

    const auto without = [&](const std::string& text, const std::string& instead) {
        auto changed = raw;
        return changed.replace(changed.find(text), text.size(), instead);
    };
    EXPECT_FALSE(ReleaseRequest::parse(without("\"epoch\":3", "\"epoch\":0")));
    EXPECT_FALSE(ReleaseRequest::parse(without("\"epoch\":3,", "")));
    EXPECT_FALSE(ReleaseRequest::parse(without("tn_01", "gw_01")));
    EXPECT_FALSE(ReleaseRequest::parse(without("\"v\":1", "\"v\":2")));
    // What one key signs for one purpose is no signature for another.
    EXPECT_NE(releaseSigningInput(raw), renewSigningInput(raw));
    EXPECT_NE(releaseSigningInput(raw), offerSigningInput(raw));
}

}  // namespace
}  // namespace pcg::pairing::test
