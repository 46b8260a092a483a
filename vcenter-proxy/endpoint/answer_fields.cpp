// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/answer_fields.h"

#include "common/xml/names.h"
#include "vcenter-proxy/endpoint/soap_text.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <memory>
#include <new>

#include <expat.h>

namespace pcg::proxy {
namespace {

constexpr std::size_t kMostFields = 64;
constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kResult = 4;  // Envelope/Body/...Response/returnval
constexpr std::size_t kField = 5;
constexpr std::size_t kDeepest = 64;

struct FreeParser {
    void operator()(XML_ParserStruct* parser) const noexcept { XML_ParserFree(parser); }
};

class Reading {
  public:
    Result<std::vector<AnswerField>> run(BytesView answer);

  private:
    void start(std::string_view local);
    void end();
    void text(std::string_view text);
    void stop(const char* why);

    std::size_t offset() const {
        return static_cast<std::size_t>(XML_GetCurrentByteIndex(expat_.get()));
    }

    std::size_t count() const {
        return static_cast<std::size_t>(XML_GetCurrentByteCount(expat_.get()));
    }

    std::unique_ptr<XML_ParserStruct, FreeParser> expat_;
    std::optional<AnswerField> open_;
    AnswerField result_;
    std::vector<AnswerField> fields_;
    std::size_t depth_ = 0;
    bool in_result_ = false;
    bool seen_ = false;
    const char* why_ = nullptr;
};

void Reading::stop(const char* why) {
    if (why_ == nullptr) why_ = why;
    XML_StopParser(expat_.get(), XML_FALSE);
}

void Reading::start(std::string_view local) {
    if (++depth_ > kDeepest) return stop("it nests too deep");
    if (depth_ == kResult && local == "returnval") {
        if (seen_) return stop("it has two results");
        seen_ = in_result_ = true;
        result_ = AnswerField{std::string(local), {}, true, offset(), offset() + count(), 0, 0};
        return;
    }
    if (!in_result_) return;
    result_.plain = false;
    if (depth_ > kField) {
        open_->plain = false;
        return;
    }
    if (fields_.size() >= kMostFields) return stop("it has too many fields");
    open_ =
        AnswerField{std::string(local.substr(0, 64)), {}, true, offset(), offset() + count(), 0, 0};
}

void Reading::end() {
    const auto close = [&](AnswerField& field) {
        field.text_end = std::max(offset(), field.text_begin);
        field.end = offset() + count();
    };
    if (in_result_ && depth_ == kField && open_) {
        close(*open_);
        fields_.push_back(std::move(*open_));
        open_.reset();
    } else if (in_result_ && depth_ == kResult) {
        close(result_);
        in_result_ = false;
        if (result_.plain) fields_.push_back(result_);
    }
    --depth_;
}

void Reading::text(std::string_view text) {
    if (!in_result_) return;
    auto& field = open_ ? *open_ : result_;
    if (field.text.size() + text.size() > kLongestText) {
        if (field.plain && depth_ <= kField) return stop("a field of it is too long");
        return;
    }
    field.text.append(text);
}

Result<std::vector<AnswerField>> Reading::run(BytesView answer) {
    if (xml::looksWide(answer.first(std::min(answer.size(), xml::kSniffedOctets))))
        return fail(errc::kBadLease, "the answer is not understood: it is not in UTF-8");
    expat_.reset(XML_ParserCreateNS("UTF-8", xml::kNameSeparator));
    if (!expat_) throw std::bad_alloc();
    XML_SetUserData(expat_.get(), this);
    XML_SetElementHandler(
        expat_.get(),
        [](void* data, const XML_Char* name, const XML_Char**) {
            static_cast<Reading*>(data)->start(xml::splitName(name).local);
        },
        [](void* data, const XML_Char*) { static_cast<Reading*>(data)->end(); });
    XML_SetCharacterDataHandler(expat_.get(), [](void* data, const XML_Char* text, int size) {
        static_cast<Reading*>(data)->text({text, static_cast<std::size_t>(size)});
    });
    XML_SetStartDoctypeDeclHandler(
        expat_.get(), [](void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
            static_cast<Reading*>(data)->stop("it has a document type");
        });
    const auto status = XML_Parse(expat_.get(),
                                  reinterpret_cast<const char*>(answer.data()),
                                  static_cast<int>(answer.size()),
                                  XML_TRUE);
    if (status == XML_STATUS_OK) return std::move(fields_);
    return fail(errc::kBadLease,
                std::string("the answer is not understood: ") +
                    (why_ != nullptr ? why_ : XML_ErrorString(XML_GetErrorCode(expat_.get()))));
}

}  // namespace

Result<std::vector<AnswerField>> resultFields(BytesView answer) {
    Reading reading;
    return reading.run(answer);
}

const AnswerField* fieldNamed(const std::vector<AnswerField>& fields, std::string_view name) {
    const AnswerField* found = nullptr;
    for (const auto& field : fields) {
        if (field.name != name) continue;
        if (found != nullptr) return nullptr;
        found = &field;
    }
    return found;
}

std::string withEdits(BytesView answer, std::vector<AnswerEdit> edits) {
    std::sort(edits.begin(), edits.end(), [](const AnswerEdit& a, const AnswerEdit& b) {
        return a.field->begin < b.field->begin;
    });
    const auto whole = asText(answer);
    std::string text;
    std::size_t at = 0;
    for (const auto& edit : edits) {
        const auto begin = edit.text ? edit.field->text_begin : edit.field->begin;
        text += whole.substr(at, begin - at);
        if (edit.text) text += escapeXml(*edit.text);
        at = edit.text ? edit.field->text_end : edit.field->end;
    }
    return text += whole.substr(at);
}

}  // namespace pcg::proxy
