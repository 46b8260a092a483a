// SPDX-License-Identifier: Apache-2.0
// The result of a small SOAP answer: what stands directly below `returnval`, with its place in the
// octets, so that single fields can be said differently and everything else stays as it came.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::proxy {

struct AnswerField {
    std::string name;  // local; "returnval" if the result is a text itself
    std::string text;  // of a field that holds nothing else, decoded; at most 4 KiB
    bool plain = true;
    std::size_t begin = 0;  // of the element
    std::size_t text_begin = 0;
    std::size_t text_end = 0;
    std::size_t end = 0;
};

// errc::kBadLease: not XML in UTF-8, a document type, two results, more than 64 fields. None: the
// answer has no result.
Result<std::vector<AnswerField>> resultFields(BytesView answer);

// The one of that name; nullptr if there is none, or more than one.
const AnswerField* fieldNamed(const std::vector<AnswerField>& fields, std::string_view name);

struct AnswerEdit {
    const AnswerField* field = nullptr;
    std::optional<std::string> text = {};  // escaped when it is written; nothing: the field goes
};

// `edits` in any order, of different fields of this answer.
std::string withEdits(BytesView answer, std::vector<AnswerEdit> edits);

}  // namespace pcg::proxy
