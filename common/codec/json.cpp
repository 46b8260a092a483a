// SPDX-License-Identifier: Apache-2.0
#include "common/codec/json.h"

#include "common/base/assert.h"
#include "common/base/text.h"
#include "common/codec/errc.h"
#include "common/codec/utf8.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include <charconv>
#include <cmath>
#include <set>

namespace pcg::codec::json {

namespace {

constexpr std::size_t kMaxMembers = 4096;  // of one object

}  // namespace

// Builds our values from the parser's events. Poco meets duplicate names with "the last one wins";
// here the second is the end.
class Builder final : public Poco::JSON::Handler {
  public:
    void reset() override {}

    void startObject() override { open(Value(Object{})); }

    void startArray() override { open(Value(Array{})); }

    void endObject() override { close(); }

    void endArray() override { close(); }

    void key(const std::string& name) override {
        auto& frame = stack_.back();
        const auto& object = std::get<Object>(frame.value.data_);
        if (object.members().size() >= kMaxMembers)
            throw Poco::DataException("an object has more than " + std::to_string(kMaxMembers) +
                                      " members");
        if (!frame.names.insert(name).second)
            throw Poco::DataException("the member \"" + printable(name) + "\" occurs twice");
        frame.key = name;
    }

    void null() override { add(Value()); }

    void value(int number) override { add(Value(number)); }

    void value(unsigned number) override { add(Value(number)); }

    void value(Poco::Int64 number) override { add(Value(static_cast<std::int64_t>(number))); }

    void value(Poco::UInt64) override {
        throw Poco::DataException("an integer does not fit 64 bits");
    }

    void value(const std::string& text) override { add(Value(text)); }

    void value(double number) override {
        if (!std::isfinite(number)) throw Poco::DataException("a number is out of range");
        add(Value(number));
    }

    void value(bool flag) override { add(Value(flag)); }

    Value take() { return std::move(root_); }

  private:
    struct Frame {
        Value value;
        std::string key;
        std::string path;
        // Ordered and not hashed: the names are the sender's, who could choose those that collide.
        std::set<std::string> names = {};
    };

    static std::string printable(std::string_view name) { return repairUtf8(name.substr(0, 64)); }

    // The member being read, for error messages; bounded, because its parts are the sender's.
    std::string here() const {
        if (stack_.empty()) return {};
        const auto& frame = stack_.back();
        std::string path = frame.path;
        if (const auto* items = std::get_if<Array>(&frame.value.data_)) {
            path += "[" + std::to_string(items->size()) + "]";
        } else {
            path += (path.empty() ? "" : ".") + frame.key;
        }
        if (path.size() > 128) path.resize(128);
        return path;
    }

    void open(Value container) {
        Frame frame{std::move(container), {}, here()};
        if (auto* object = std::get_if<Object>(&frame.value.data_)) object->path_ = frame.path;
        stack_.push_back(std::move(frame));
    }

    void close() {
        Value done = std::move(stack_.back().value);
        stack_.pop_back();
        add(std::move(done));
    }

    void add(Value value) {
        if (stack_.empty()) {
            root_ = std::move(value);
            return;
        }
        auto& frame = stack_.back();
        if (auto* items = std::get_if<Array>(&frame.value.data_)) {
            items->push_back(std::move(value));
        } else {
            std::get<Object>(frame.value.data_).members_.push_back({frame.key, std::move(value)});
        }
    }

    std::vector<Frame> stack_;
    Value root_;
};

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// Poco 1.11 turns an integer beyond 64 unsigned bits into 0 without a word, so the literals are
// looked at first. Returns the first that does not fit, or nothing.
std::optional<std::string_view> oversizedInteger(std::string_view text) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (quoted) {
            if (text[i] == '\\')
                ++i;
            else
                quoted = text[i] != '"';
            continue;
        }
        quoted = text[i] == '"';
        if (!isDigit(text[i])) continue;
        const std::size_t start = i > 0 && text[i - 1] == '-' ? i - 1 : i;
        while (i + 1 < text.size() && isDigit(text[i + 1])) ++i;
        const bool fraction =
            i + 1 < text.size() && (text[i + 1] == '.' || text[i + 1] == 'e' || text[i + 1] == 'E');
        if (fraction) {
            while (i + 1 < text.size() &&
                   (isDigit(text[i + 1]) || text[i + 1] == '.' || text[i + 1] == 'e' ||
                    text[i + 1] == 'E' || text[i + 1] == '+' || text[i + 1] == '-')) {
                ++i;
            }
            continue;
        }
        const auto literal = text.substr(start, i + 1 - start);
        std::int64_t value = 0;
        const auto* end = literal.data() + literal.size();
        if (std::from_chars(literal.data(), end, value).ec != std::errc{}) return literal;
    }
    return std::nullopt;
}

}  // namespace

Result<Value> parse(std::string_view text, ByteCount maxBytes) {
    if (text.size() > maxBytes) {
        return fail(kJson,
                    "the JSON text has " + std::to_string(text.size()) + " bytes; at most " +
                        std::to_string(maxBytes) + " are taken");
    }
    if (!isUtf8(text)) return fail(kJson, "the JSON text is not UTF-8");
    if (const auto literal = oversizedInteger(text)) {
        return fail(kJson,
                    "the integer " + std::string(literal->substr(0, 24)) +
                        " does not fit 64 signed bits; send a smaller one, or a string");
    }
    try {
        Poco::SharedPtr<Builder> builder(new Builder);
        Poco::JSON::Parser parser(builder);
        parser.setDepth(kMaxDepth);
        parser.setAllowComments(false);
        parser.parse(std::string(text));
        return builder->take();
    } catch (const Poco::Exception& error) {
        return fail(kJson, "this is not valid JSON: " + repairUtf8(error.message()));
    } catch (const std::exception& error) {
        return fail(kJson, std::string("this is not valid JSON: ") + error.what());
    }
}

Result<Object> parseObject(std::string_view text, ByteCount maxBytes) {
    auto value = PCG_TRY(parse(text, maxBytes));
    const auto* object = value.asObject();
    if (object == nullptr) {
        return fail(kJson, "a JSON object was expected, not " + std::string(value.kindName()));
    }
    return *object;
}

}  // namespace pcg::codec::json
