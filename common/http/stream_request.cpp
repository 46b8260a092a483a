// SPDX-License-Identifier: Apache-2.0
#include "common/http/stream_request.h"

#include "common/base/text.h"

namespace pcg::http {

bool namesWebSocket(const RequestHead& head) {
    return head.method == "GET" && head.headers.count("Upgrade") == 1 &&
           equalsIgnoreCaseAscii(*head.headers.find("Upgrade"), "websocket");
}

bool mayBecomeStream(const RequestHead& head) {
    return head.method == "CONNECT" ||
           (head.body.kind == BodyFraming::Kind::Chunked && namesWebSocket(head));
}

bool agreesToStream(const RequestHead& head, int status) {
    if (!mayBecomeStream(head)) return false;
    return head.method == "CONNECT" ? status >= 200 && status < 300 : status == 101;
}

}  // namespace pcg::http
