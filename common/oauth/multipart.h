// SPDX-License-Identifier: Apache-2.0
// multipart/form-data bodies (RFC 7578), read strictly, as far as MAAS's clients write them.
//
// A part is a field, or a file if it has a filename. Fields of the Python clients come in base64
// (Content-Transfer-Encoding), which MAAS (Django) decodes; other encodings are refused, and so is
// whatever could be read in two ways: a preamble, a name that is missing, escaped or given twice,
// lines that do not end in CRLF. Bounded: 1000 parts, 8 KiB of header fields each. Pure functions;
// views point into the body.
#pragma once

#include "common/oauth/form.h"

namespace pcg::oauth {

struct Part {
    std::string name;
    std::optional<std::string> filename;  // set and not empty: a file
    std::string value;                    // of a field, decoded; empty for a file
    std::string_view content;             // as it stands in the body
    std::string_view whole;               // with its header fields

    bool isFile() const { return filename && !filename->empty(); }
};

class Multipart {
  public:
    // The boundary of a Content-Type; nothing if it is another type. oauth.bad_form.
    static Result<std::optional<std::string>> boundaryOf(std::string_view contentType);

    static Result<Multipart> parse(std::string_view body, std::string_view boundary);

    const std::vector<Part>& parts() const { return parts_; }

    // The fields, without the files.
    Parameters fields() const;

    // The body without the parts whose name `isUnwanted`, under the same boundary.
    std::string without(bool (*isUnwanted)(std::string_view name)) const;

  private:
    std::string boundary_;
    std::vector<Part> parts_;
};

}  // namespace pcg::oauth
