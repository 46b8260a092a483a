// SPDX-License-Identifier: Apache-2.0
// The first octet chooses the message; what is accepted can be written, and that is accepted again.
#include "pairing/messages.h"

#include <cstdlib>

namespace {

template <class Message>
void roundTrip(std::string_view text) {
    const auto message = Message::parse(text);
    if (!message) return;
    const auto written = message->write();
    const auto again = Message::parse(written);
    if (!again || again->write() != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::pairing;
    if (size == 0) return 0;
    const auto text = pcg::asText({data + 1, size - 1});
    switch (data[0] % 24) {
        case 0:
            roundTrip<Offer>(text);
            break;
        case 1:
            roundTrip<OfferReply>(text);
            break;
        case 2:
            roundTrip<ClaimRequest>(text);
            break;
        case 3:
            roundTrip<ClaimTerms>(text);
            break;
        case 4:
            roundTrip<ClaimReply>(text);
            break;
        case 5:
            roundTrip<Envelope>(text);
            break;
        case 6:
            roundTrip<EventList>(text);
            break;
        case 7:
            roundTrip<PakeA>(text);
            break;
        case 8:
            roundTrip<PakeB>(text);
            break;
        case 9:
            roundTrip<ConfirmA>(text);
            break;
        case 10:
            roundTrip<ConfirmABox>(text);
            break;
        case 11:
            roundTrip<ConfirmB>(text);
            break;
        case 12:
            roundTrip<ConfirmBBox>(text);
            break;
        case 13:
            roundTrip<Failure>(text);
            break;
        case 14:
            roundTrip<Status>(text);
            break;
        case 15:
            roundTrip<Enrollment>(text);
            break;
        case 16:
            roundTrip<Bind>(text);
            break;
        case 17:
            roundTrip<Bundle>(text);
            break;
        case 18:
            roundTrip<SealedBundle>(text);
            break;
        case 19:
            roundTrip<Ack>(text);
            break;
        case 20:
            (void)Approval::parse(text);
            break;
        case 21:
            roundTrip<RenewRequest>(text);
            break;
        case 22:
            roundTrip<ReleaseRequest>(text);
            break;
        case 23:
            roundTrip<RenewReply>(text);
            break;
        default:
            (void)Refusal::parse(400, text);
            break;
    }
    return 0;
}
