// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/p256.h"

#include "common/base/assert.h"
#include "common/crypto/errc.h"
#include "common/crypto/openssl_ptr.h"

#include <openssl/err.h>
#include <openssl/obj_mac.h>

namespace pcg::crypto {
namespace {

const EC_GROUP* group() {
    static const EcGroupPtr curve(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    PCG_ASSERT(curve != nullptr);
    return curve.get();
}

const BIGNUM* order() { return EC_GROUP_get0_order(group()); }

BnCtxPtr workspace() {
    BnCtxPtr context(BN_CTX_secure_new());
    PCG_ASSERT(context != nullptr);
    return context;
}

tl::unexpected<Error> badPoint(std::string_view why) {
    ERR_clear_error();
    return fail(kPoint, "this is not a usable point of P-256: " + std::string(why));
}

}  // namespace

void Scalar::Free::operator()(bignum_st* number) const noexcept { BN_clear_free(number); }

void Point::Free::operator()(ec_point_st* point) const noexcept { EC_POINT_clear_free(point); }

Scalar Scalar::random(Random& random) {
    // Rejection sampling; a draw is refused with probability 2^-32.
    for (;;) {
        auto bytes = random.array<kScalarSize>();
        auto scalar = parse(bytes);
        wipe(MutableBytes(bytes));
        if (scalar) return std::move(*scalar);
    }
}

Result<Scalar> Scalar::parse(BytesView bytes) {
    if (bytes.size() != kScalarSize) return fail(kScalar, "a P-256 scalar has 32 bytes");
    Handle number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
    PCG_ASSERT(number != nullptr);
    if (BN_is_zero(number.get()) || BN_cmp(number.get(), order()) >= 0) {
        return fail(kScalar, "a P-256 scalar lies between 1 and the order of the group less 1");
    }
    BN_set_flags(number.get(), BN_FLG_CONSTTIME);
    return Scalar(std::move(number));
}

Result<Scalar> Scalar::reduce(BytesView bytes) {
    const Handle wide(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
    Handle number(BN_new());
    PCG_ASSERT(wide != nullptr && number != nullptr);
    BN_set_flags(wide.get(), BN_FLG_CONSTTIME);
    PCG_ASSERT(BN_nnmod(number.get(), wide.get(), order(), workspace().get()) == 1);
    if (BN_is_zero(number.get())) return fail(kScalar, "the number is 0 modulo the order of P-256");
    BN_set_flags(number.get(), BN_FLG_CONSTTIME);
    return Scalar(std::move(number));
}

Secret Scalar::bytes() const {
    Bytes bytes(kScalarSize);
    PCG_ASSERT(BN_bn2binpad(handle_.get(), bytes.data(), kScalarSize) == kScalarSize);
    return Secret::takeBytes(bytes);
}

Point::Handle Point::allocate() {
    Handle handle(EC_POINT_new(group()));
    PCG_ASSERT(handle != nullptr);
    return handle;
}

Point::Point(const Point& other) : handle_(allocate()) {
    PCG_ASSERT(EC_POINT_copy(handle_.get(), other.handle_.get()) == 1);
}

Point& Point::operator=(const Point& other) {
    if (this != &other) PCG_ASSERT(EC_POINT_copy(handle_.get(), other.handle_.get()) == 1);
    return *this;
}

Result<Point> Point::finite(Handle handle) {
    if (EC_POINT_is_at_infinity(group(), handle.get()) == 1)
        return badPoint("it is the point at infinity");
    return Point(std::move(handle));
}

Result<Point> Point::parse(BytesView bytes) {
    if (bytes.size() != kPointSize) return badPoint("65 bytes are needed");
    if (bytes[0] != 0x04) return badPoint("it must be in uncompressed form, beginning with 04");
    Handle handle = allocate();
    // Checks that both coordinates are below p and that the point is on the curve.
    if (EC_POINT_oct2point(group(), handle.get(), bytes.data(), bytes.size(), workspace().get()) !=
        1) {
        return badPoint("it is not on the curve");
    }
    return finite(std::move(handle));
}

Point Point::generator() {
    Handle handle = allocate();
    PCG_ASSERT(EC_POINT_copy(handle.get(), EC_GROUP_get0_generator(group())) == 1);
    return Point(std::move(handle));
}

PointBytes Point::bytes() const {
    PointBytes bytes{};
    PCG_ASSERT(EC_POINT_point2oct(group(),
                                  handle_.get(),
                                  POINT_CONVERSION_UNCOMPRESSED,
                                  bytes.data(),
                                  bytes.size(),
                                  workspace().get()) == bytes.size());
    return bytes;
}

Result<Point> Point::add(const Point& a, const Point& b) {
    Handle sum = allocate();
    PCG_ASSERT(
        EC_POINT_add(group(), sum.get(), a.handle_.get(), b.handle_.get(), workspace().get()) == 1);
    return finite(std::move(sum));
}

Result<Point> Point::subtract(const Point& a, const Point& b) {
    const Point negated(b);
    PCG_ASSERT(EC_POINT_invert(group(), negated.handle_.get(), workspace().get()) == 1);
    return add(a, negated);
}

Point Point::multiply(const Scalar& scalar, const Point& point) {
    Handle product = allocate();
    PCG_ASSERT(EC_POINT_mul(group(),
                            product.get(),
                            nullptr,
                            point.handle_.get(),
                            scalar.handle_.get(),
                            workspace().get()) == 1);
    return Point(std::move(product));
}

Point Point::multiplyGenerator(const Scalar& scalar) {
    Handle product = allocate();
    PCG_ASSERT(
        EC_POINT_mul(
            group(), product.get(), scalar.handle_.get(), nullptr, nullptr, workspace().get()) ==
        1);
    return Point(std::move(product));
}

Secret ecdh(const Scalar& own, const Point& peer) {
    auto bytes = Point::multiply(own, peer).bytes();
    Secret x{BytesView(bytes).subspan(1, kScalarSize)};
    wipe(MutableBytes(bytes));
    return x;
}

}  // namespace pcg::crypto
