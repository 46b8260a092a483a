// SPDX-License-Identifier: Apache-2.0
// Takes the events of an XML parser from inside of a SOAP call, after `_this`, and keeps what rules
// and the audit look at (arguments.h). Sans I/O; one object per call; not thread-safe.
//
// Namespaces are not looked at: an element counts by its local name, so that more is seen than a
// vCenter would, never less.
#pragma once

#include "common/crypto/digest.h"
#include "vcenter-proxy/policy/arguments.h"

#include <optional>
#include <string_view>

namespace pcg::policy {

class ArgumentCollector {
  public:
    static constexpr std::size_t kLongestText = 1024;

    // `type`: the attributes `type` and `xsi:type`, empty if they are not there.
    void start(std::string_view element, std::string_view type, std::string_view xsi_type);
    void text(std::string_view text);
    void end();

    // An element of another namespace than the call's: what a vCenter makes of it is not known.
    void markForeign() { arguments_.overfull = true; }

    // A comment, a CDATA section or the like: parsers differ in what they make of the text around.
    void mark();

    const Arguments& arguments() const { return arguments_; }

  private:
    enum class Word : std::uint8_t {
        Other,
        ExtraConfig,
        Config,
        Spec,
        Child,
        Backing,
        Key,
        Value,
        Name,
        NewName,
        DeviceName,
        PortgroupKey,
        PortKey,
        OpaqueNetworkId,
        Place  // an argument that is an object, whatever its attributes say
    };
    enum class Capture : std::uint8_t {
        None,
        Reference,
        Key,
        Value,
        Name,
        Network,
        Port,
        Any /* looks for datastores, and ids of objects */
    };

    static Word wordOf(std::string_view element);
    Capture captureFor(Word word, std::string_view type, std::string_view xsi_type) const;
    void begin(Capture capture);
    void finish();
    void finishValue();
    void finishNetwork(Capture capture, const std::string& text);
    void endBacking();
    void endPort();
    void finishAny();
    void keepDatastores(std::string_view text);

    Word parent() const { return stack_.size() < 2 ? Word::Other : stack_[stack_.size() - 2]; }

    template <class T>
    void keep(std::vector<T>& list, T item);

    Arguments arguments_;
    std::vector<Word> stack_;
    std::size_t card_depth_ = 0;   // of a network card's backing; 0: in none
    bool card_is_named_ = false;   // what the card is connected to
    std::size_t port_depth_ = 0;   // of what holds a port's key, and perhaps its group's
    std::size_t group_depth_ = 0;  // the same of a port group's key
    std::string port_;
    Capture capture_ = Capture::None;
    std::size_t captured_at_ = 0;  // depth
    std::string captured_;
    std::size_t secret_depth_ = 0;  // of the element that holds a secret; 0: in none
    bool too_long_ = false;
    bool marked_ = false;
    Reference reference_;
    std::string key_;
    ByteCount value_size_ = 0;
    std::optional<crypto::Sha256> digest_;
};

}  // namespace pcg::policy
