// SPDX-License-Identifier: Apache-2.0
// Takes a JSON array of objects apart while it comes in, so that a list of thousands of machines is
// never held whole. Bounded by one object; what is in an object is read by codec::json. Sans I/O.
#pragma once

#include "common/codec/json.h"

#include <functional>

namespace pcg::controlplane::maas {

class ListReader {
  public:
    using Take = std::function<Result<>(const codec::json::Object&)>;

    // `mostItems`: maas.too_much beyond. An object of more than `largestItem` octets, or what is no
    // array of objects: maas.bad_answer.
    ListReader(std::size_t mostItems, std::size_t largestItem)
        : mostItems_(mostItems), largestItem_(largestItem) {}

    // The next octets; `take` gets each object that they complete. An error of `take` ends it.
    Result<> feed(std::string_view piece, const Take& take);

    // The array has been closed.
    Result<> end() const;

  private:
    enum class Place { Before, Inside, After };

    Result<> next(char c, const Take& take);
    Result<> inside(char c, const Take& take);
    Result<> complete(bool last, const Take& take);

    std::size_t mostItems_;
    std::size_t largestItem_;
    Place place_ = Place::Before;
    std::string item_;
    int depth_ = 0;
    bool quoted_ = false;
    bool escaped_ = false;
    std::size_t items_ = 0;
};

}  // namespace pcg::controlplane::maas
