// SPDX-License-Identifier: Apache-2.0
// Bodies and response heads through Boost.Beast's parser; the only place that includes it.
//
// Incremental and without I/O: octets in, octets out, nothing kept but the parser's state. Not
// thread-safe. What follows the last octet of a message is left to the caller.
#pragma once

#include "common/base/result.h"
#include "common/http/admission.h"
#include "common/http/message.h"

#include <memory>

namespace pcg::http {

struct BodyStep {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    bool complete = false;
};

// Both zero and not complete: more input is needed.
class RequestBodyParser {
  public:
    // Parses the admitted head a second time, with the other parser; if the two differ, the request
    // is refused.
    static Result<RequestBodyParser> create(std::string_view rawHead,
                                            const AdmittedRequest& admitted);

    RequestBodyParser(RequestBodyParser&&) noexcept;
    RequestBodyParser& operator=(RequestBodyParser&&) noexcept;
    ~RequestBodyParser();

    Result<BodyStep> step(BytesView in, MutableBytes out);

  private:
    struct State;
    explicit RequestBodyParser(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

enum class AnswerTo { Head, Other };

class ResponseParser {
  public:
    explicit ResponseParser(AnswerTo answerTo);
    ResponseParser(ResponseParser&&) noexcept;
    ResponseParser& operator=(ResponseParser&&) noexcept;
    ~ResponseParser();

    // Octets used; 0: the head is not complete yet.
    Result<std::size_t> putHead(BytesView in);
    const ResponseHead& head() const;  // after putHead returned more than 0

    Result<BodyStep> step(BytesView in, MutableBytes out);

    // The peer ended the stream. An error if the body is not complete by that.
    Result<> putEnd();

    bool complete() const;
    bool keepAlive() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pcg::http
