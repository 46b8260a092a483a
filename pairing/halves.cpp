// SPDX-License-Identifier: Apache-2.0
#include "pairing/halves.h"

#include "common/base/secret.h"
#include "common/crypto/jws.h"
#include "pairing/errc.h"

namespace pcg::pairing {
namespace {

tl::unexpected<Error> differs(std::string_view what) {
    return fail(kBinding,
                "the gateway's and the tenant's reports of this pairing differ in " +
                    std::string(what) + "; nothing was issued. Begin again with a new code");
}

bool same(BytesView a, BytesView b) { return constantTimeEqual(a, b); }

bool same(std::string_view a, std::string_view b) {
    return constantTimeEqual(asBytes(a), asBytes(b));
}

}  // namespace

Result<> checkHalves(const Enrollment& gateway,
                     const Approval& tenant,
                     const ClaimId& claimId,
                     const Sid& sid,
                     std::string_view tenantId,
                     BytesView deviceSpki) {
    if (!same(gateway.pth, tenant.pth)) return differs("the transcript");
    if (!same(gateway.reportTag, tenant.reportTag)) return differs("the report tag");
    if (!same(gateway.nkeyPub, tenant.nkeyPub)) return differs("the bus key");
    const auto csrHash = crypto::sha256(gateway.csr);
    if (!same(csrHash, tenant.csrSha256)) return differs("the certificate request");
    if (!same(crypto::sha256(deviceSpki), tenant.deviceSpkiSha256) ||
        gateway.gatewayId != gatewayIdOf(deviceSpki)) {
        return differs("the device key");
    }
    if (!same(gateway.tenantId, tenantId)) return differs("the tenant");
    const auto jws = PCG_TRY(crypto::UnverifiedJws::parse(gateway.bind));
    const auto payload = PCG_TRY(jws.verify(kBindType, deviceSpki));
    const auto bind = PCG_TRY(Bind::parse(asText(payload)));
    const bool agrees = bind.sid == sid && bind.claimId == claimId && bind.tenantId == tenantId &&
                        bind.gatewayId == gateway.gatewayId && bind.pth == gateway.pth &&
                        bind.csrSha256 == csrHash && bind.nkeyPub == gateway.nkeyPub &&
                        bind.encPub == gateway.encPub;
    if (!agrees) return differs("the gateway's signed consent");
    return {};
}

}  // namespace pcg::pairing
