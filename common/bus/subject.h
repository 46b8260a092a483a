// SPDX-License-Identifier: Apache-2.0
// NATS subjects: tokens between dots; "*" stands for one token, ">" as the last token for one or
// more. Source: docs.nats.io, Subject-Based Messaging.
#pragma once

#include <string_view>

namespace pcg::bus {

// Where one may publish: no empty token, no wildcard, no blank or control character, at most 512
// octets.
bool isPublishSubject(std::string_view subject);

// Where one may subscribe: the same, wildcards allowed as whole tokens.
bool isSubscribeSubject(std::string_view subject);

bool subjectMatches(std::string_view pattern, std::string_view subject);

}  // namespace pcg::bus
