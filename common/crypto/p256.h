// SPDX-License-Identifier: Apache-2.0
// The group NIST P-256 (SEC 2, FIPS 186-5) as SPAKE2 and ECDH need it: scalars that are never zero,
// points that are on the curve and never the point at infinity, or there is no object.
//
// Points are taken in one form only, SEC 1 uncompressed (0x04 || X || Y, 65 bytes); compressed and
// hybrid forms are refused. Multiplication is OpenSSL's, constant time for this curve. Values; one
// thread at a time per object.
#pragma once

#include "common/base/random.h"
#include "common/base/result.h"
#include "common/base/secret.h"

#include <memory>

extern "C" {
struct bignum_st;
struct ec_point_st;
}

namespace pcg::crypto {

inline constexpr std::size_t kPointSize = 65;
inline constexpr std::size_t kScalarSize = 32;
using PointBytes = ByteArray<kPointSize>;

// An integer from 1 to n-1, secret.
class Scalar {
  public:
    static Scalar random(Random& random);
    // 32 bytes, big-endian; crypto.scalar unless from 1 to n-1.
    static Result<Scalar> parse(BytesView bytes);
    // Any length, big-endian, modulo n; crypto.scalar if that is 0.
    static Result<Scalar> reduce(BytesView bytes);

    Secret bytes() const;  // 32, big-endian

  private:
    friend class Point;

    struct Free {
        void operator()(bignum_st* number) const noexcept;
    };

    using Handle = std::unique_ptr<bignum_st, Free>;

    explicit Scalar(Handle handle) : handle_(std::move(handle)) {}

    Handle handle_;
};

class Point {
  public:
    static Result<Point> parse(BytesView bytes);  // crypto.point
    static Point generator();

    Point(const Point& other);
    Point& operator=(const Point& other);
    Point(Point&&) noexcept = default;
    Point& operator=(Point&&) noexcept = default;

    PointBytes bytes() const;

    // crypto.point when the result is the point at infinity.
    static Result<Point> add(const Point& a, const Point& b);
    static Result<Point> subtract(const Point& a, const Point& b);

    // Never infinity: n is prime, and the scalar is not 0 modulo n.
    static Point multiply(const Scalar& scalar, const Point& point);
    static Point multiplyGenerator(const Scalar& scalar);

    friend bool operator==(const Point& a, const Point& b) { return a.bytes() == b.bytes(); }

  private:
    struct Free {
        void operator()(ec_point_st* point) const noexcept;
    };

    using Handle = std::unique_ptr<ec_point_st, Free>;

    static Handle allocate();
    static Result<Point> finite(Handle handle);

    explicit Point(Handle handle) : handle_(std::move(handle)) {}

    Handle handle_;
};

// The x coordinate of scalar * peer, 32 bytes (SEC 1 section 3.3.1).
Secret ecdh(const Scalar& own, const Point& peer);

}  // namespace pcg::crypto
