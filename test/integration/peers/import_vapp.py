#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: import_vapp.py URL USERNAME PASSWORD_FILE CA_FILE < OVF: starts an import and prints its lease's device URL."""
import ssl
import sys
import urllib.parse

from pyVim.connect import SmartConnect
from pyVmomi import vim

url, username, password_file, ca_file = sys.argv[1:]
address = urllib.parse.urlsplit(url)
with open(password_file, encoding="utf-8") as file:
    password = file.read().strip()
service = SmartConnect(
    host=address.hostname, port=address.port, user=username, pwd=password,
    sslContext=ssl.create_default_context(cafile=ca_file),
)
content = service.RetrieveContent()
datacenter = content.rootFolder.childEntity[0]
pool = datacenter.hostFolder.childEntity[0].resourcePool
parameters = vim.OvfManager.CreateImportSpecParams(entityName="imported")
spec = content.ovfManager.CreateImportSpec(sys.stdin.read(), pool, datacenter.datastore[0], parameters)
lease = pool.ImportVApp(spec.importSpec, datacenter.vmFolder)
# No Disconnect: the lease shall outlive this program.
print(lease.info.deviceUrl[0].url)
