// SPDX-License-Identifier: Apache-2.0
// The MAAS 2.0 API over a Region: requests and replies as values, no sockets.
//
// Dispatch as MAAS does it: `op` from the query, else from the form, else from the path's suffix
// "/op-NAME"; 404 for a path without its slash, 405 with Allow, 400 "Unrecognised signature". One
// thread.
#pragma once

#include "common/codec/json.h"
#include "common/oauth/multipart.h"
#include "test/peers/maas-sim/region.h"

#include <memory>

namespace pcg::maassim {

struct Request {
    std::string method;
    std::string path;  // decoded, with "/MAAS"
    std::string query;
    std::string origin;  // "http://127.0.0.1:5240": for describe
    oauth::Parameters query_parameters;
    oauth::Parameters form;                      // of a POST, PUT or DELETE body
    std::map<std::string, std::string> uploads;  // multipart files by field name
    std::optional<User> user;                    // nobody: no credentials were shown
};

struct Reply {
    int status = 200;
    std::string type = "application/json; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    // Instead of body: pieces until it returns false. The region must not change meanwhile.
    std::function<bool(std::string& piece)> pieces;

    static Reply json(const codec::json::Value& value, int status = 200);
    static Reply text(int status, std::string body);
    static Reply refused(const Refusal& refusal);
    // {"field": ["message"]}, what a form's error looks like.
    static Reply field(const std::string& field, const std::string& message);
};

using Ids = std::vector<std::string>;  // what stood in the pattern's places

class Api {
  public:
    explicit Api(Region& region) : region_(region) {}

    Reply handle(const Request& request);

    // Whether the path answers without credentials.
    static bool isOpen(const std::string& path);

    // The next octets of an upload; `last` when the request's body ends.
    Reply upload(int file, BytesView bytes, bool last, std::int64_t declared);

    struct Operation {
        std::string method;
        std::string op;  // "" for the plain method
        Reply (Api::*run)(const Request&, const Ids&);
        bool admin = false;
    };

    struct Resource {
        std::string pattern;  // below /MAAS/api/2.0/, "machines/{}/"
        std::vector<Operation> operations;
    };

    static const std::vector<Resource>& resources();

  private:
    Reply dispatch(const Request& request,
                   const Resource& resource,
                   const Ids& ids,
                   std::string op);
    Reply describe(const Request& request) const;

    Machine* target(const Ids& ids, Reply& refusal);

    // api_machines.cpp
    Reply listMachines(const Request&, const Ids&);
    Reply createMachine(const Request&, const Ids&);
    Reply allocate(const Request&, const Ids&);
    Reply releaseMany(const Request&, const Ids&);
    Reply listAllocated(const Request&, const Ids&);
    Reply acceptAll(const Request&, const Ids&);
    Reply readMachine(const Request&, const Ids&);
    Reply updateMachine(const Request&, const Ids&);
    Reply deleteMachine(const Request&, const Ids&);
    Reply deploy(const Request&, const Ids&);
    Reply release(const Request&, const Ids&);
    Reply lock(const Request&, const Ids&);
    Reply unlock(const Request&, const Ids&);
    Reply powerOn(const Request&, const Ids&);
    Reply powerOff(const Request&, const Ids&);
    Reply queryPower(const Request&, const Ids&);
    Reply powerParameters(const Request&, const Ids&);
    Reply getToken(const Request&, const Ids&);
    Reply curtinConfig(const Request&, const Ids&);
    Reply machineDetails(const Request&, const Ids&);
    Reply commission(const Request&, const Ids&);
    Reply testMachine(const Request&, const Ids&);
    Reply abortMachine(const Request&, const Ids&);
    Reply markBroken(const Request&, const Ids&);
    Reply markFixed(const Request&, const Ids&);
    Reply rescue(const Request&, const Ids&);
    Reply exitRescue(const Request&, const Ids&);
    Reply setOwnerData(const Request&, const Ids&);
    Reply listInterfaces(const Request&, const Ids&);
    Reply readInterface(const Request&, const Ids&);
    Reply updateInterface(const Request&, const Ids&);
    Reply linkSubnet(const Request&, const Ids&);
    Reply unlinkSubnet(const Request&, const Ids&);

    // api_region.cpp
    Reply whoami(const Request&, const Ids&);
    Reply listUsers(const Request&, const Ids&);
    Reply createUser(const Request&, const Ids&);
    Reply listTokens(const Request&, const Ids&);
    Reply createToken(const Request&, const Ids&);
    Reply listSshKeys(const Request&, const Ids&);
    Reply addSshKey(const Request&, const Ids&);
    Reply listTags(const Request&, const Ids&);
    Reply createTag(const Request&, const Ids&);
    Reply readTag(const Request&, const Ids&);
    Reply deleteTag(const Request&, const Ids&);
    Reply tagMachines(const Request&, const Ids&);
    Reply updateTagNodes(const Request&, const Ids&);
    Reply listDns(const Request&, const Ids&);
    Reply createDns(const Request&, const Ids&);
    Reply readDns(const Request&, const Ids&);
    Reply updateDns(const Request&, const Ids&);
    Reply deleteDns(const Request&, const Ids&);
    Reply listDomains(const Request&, const Ids&);
    Reply listZones(const Request&, const Ids&);
    Reply createZone(const Request&, const Ids&);
    Reply listPools(const Request&, const Ids&);
    Reply createPool(const Request&, const Ids&);
    Reply readPool(const Request&, const Ids&);
    Reply listSubnets(const Request&, const Ids&);
    Reply subnetAddresses(const Request&, const Ids&);
    Reply listSpaces(const Request&, const Ids&);
    Reply listFabrics(const Request&, const Ids&);
    Reply listVlans(const Request&, const Ids&);
    Reply listAddresses(const Request&, const Ids&);
    Reply reserveAddress(const Request&, const Ids&);
    Reply releaseAddress(const Request&, const Ids&);
    Reply nothing(const Request&, const Ids&);
    Reply listRacks(const Request&, const Ids&);
    Reply getConfig(const Request&, const Ids&);
    Reply queryEvents(const Request&, const Ids&);

    // api_images.cpp
    Reply listResources(const Request&, const Ids&);
    Reply createResource(const Request&, const Ids&);
    Reply readResource(const Request&, const Ids&);
    Reply deleteResource(const Request&, const Ids&);
    Reply isImporting(const Request&, const Ids&);
    Reply import(const Request&, const Ids&);
    Reply listHosts(const Request&, const Ids&);
    Reply createHost(const Request&, const Ids&);
    Reply readHost(const Request&, const Ids&);
    Reply deleteHost(const Request&, const Ids&);
    Reply hostParameters(const Request&, const Ids&);
    Reply compose(const Request&, const Ids&);
    Reply listFiles(const Request&, const Ids&);
    Reply addFile(const Request&, const Ids&);
    Reply getFile(const Request&, const Ids&);

    Region& region_;
};

// "true", "True", "1", "on".
bool isTrue(const oauth::Parameters& form, std::string_view name);
std::string textOf(const oauth::Parameters& form, std::string_view name);

}  // namespace pcg::maassim
