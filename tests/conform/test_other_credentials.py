"""`keyrail undo --apply` of credentials other than access keys, which only fakecloud has of the
emulators.

    make conform
"""

import json
import os
import pathlib
import subprocess
import unittest

from tests.emulator.emulator import ACCOUNT, KIND, ROOT, Emulator

COMMAND = pathlib.Path(os.environ.get("KEYRAIL_BIN", ROOT / "target" / "debug" / "keyrail"))
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"


@unittest.skipUnless(KIND == "fakecloud", "`make conform` runs it")
class OtherCredentials(unittest.TestCase):
    """SSH keys, signing certificates and service-specific credentials."""

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator("fakecloud")
        cls.addClassCleanup(cls.emulator.close)
        cls.iam = cls.emulator.client("iam")
        cls.iam.create_user(UserName="bob")

    def undone(self, call, credential):
        """Undoes one deactivation; what the command says of it."""
        change = {"call": call, "user": "bob", "credential": credential, "status": "Inactive"}
        report = {
            "schema": "keyrail.report/v1",
            "event": {"id": "e0f1a2b3-1111-4c5d-9e8f-000000000001"},
            "activity": {"account": ACCOUNT, "region": "us-east-1"},
            "outcomes": [
                {"step": "", "result": "verified", "account": ACCOUNT, "changes": [change]}
            ],
        }
        done = subprocess.run(
            [COMMAND, "undo", "-", "--apply", "--yes", "--format", "json"],
            env=self.emulator.environment(),
            input=json.dumps(report),
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        (step,) = json.loads(done.stdout)["steps"]
        return step["result"]

    def check(self, call, credential, status):
        """It is Active afterwards, and a second time there is nothing to do."""
        self.assertEqual(status(), "Inactive")
        self.assertEqual(self.undone(call, credential), "undone")
        self.assertEqual(status(), "Active")
        self.assertEqual(self.undone(call, credential), "already")

    def test_an_ssh_key(self):
        body = "ssh-rsa AAAAB3NzaC1yc2E bob"
        made = self.iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=body)
        key = made["SSHPublicKey"]["SSHPublicKeyId"]
        self.iam.update_ssh_public_key(UserName="bob", SSHPublicKeyId=key, Status="Inactive")

        def status():
            (found,) = self.iam.list_ssh_public_keys(UserName="bob")["SSHPublicKeys"]
            return found["Status"]

        self.check("iam:UpdateSSHPublicKey", key, status)

    def test_a_signing_certificate(self):
        made = self.iam.upload_signing_certificate(UserName="bob", CertificateBody=CERTIFICATE)
        key = made["Certificate"]["CertificateId"]
        self.iam.update_signing_certificate(UserName="bob", CertificateId=key, Status="Inactive")

        def status():
            (found,) = self.iam.list_signing_certificates(UserName="bob")["Certificates"]
            return found["Status"]

        self.check("iam:UpdateSigningCertificate", key, status)

    def test_a_service_specific_credential(self):
        made = self.iam.create_service_specific_credential(
            UserName="bob", ServiceName="codecommit.amazonaws.com"
        )
        key = made["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
        self.iam.update_service_specific_credential(
            UserName="bob", ServiceSpecificCredentialId=key, Status="Inactive"
        )

        def status():
            listed = self.iam.list_service_specific_credentials(UserName="bob")
            (found,) = listed["ServiceSpecificCredentials"]
            return found["Status"]

        self.check("iam:UpdateServiceSpecificCredential", key, status)


if __name__ == "__main__":
    unittest.main()
