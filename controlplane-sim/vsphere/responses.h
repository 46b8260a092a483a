// SPDX-License-Identifier: Apache-2.0
// SOAP answers of a vCenter, read into values. Whatever the octets are: a value, the error of the
// fault that they hold, or vsphere.bad_answer. Pure functions, bounded by `kAnswerLimits`.
#pragma once

#include "controlplane-sim/vsphere/types.h"

namespace pcg::controlplane::vsphere::responses {

inline constexpr xml::Limits kAnswerLimits{8_MiB, 64, 200'000};

// The one child of soap:Body; a fault becomes its error.
Result<xml::Element> body(BytesView answer);

// What is in the first <returnval> of the body's child.
Result<ServiceContent> serviceContent(BytesView answer);
Result<Ref> reference(BytesView answer);
Result<std::optional<Ref>> optionalReference(BytesView answer);
Result<ObjectPage> objectPage(BytesView answer);  // an empty answer is an empty page
Result<UpdateSet> updateSet(BytesView answer);    // an empty answer is "nothing yet"
Result<> nothing(BytesView answer);

// A property's value, read as what it should be.
std::optional<Ref> refOf(const xml::Element* value);
std::vector<Ref> refsOf(const xml::Element* value);
Result<TaskInfo> taskInfo(const xml::Element& info);

}  // namespace pcg::controlplane::vsphere::responses
