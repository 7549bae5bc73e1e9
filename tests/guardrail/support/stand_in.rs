//! The part of IAM and STS that no emulator has, as AWS documents it (IAM API reference,
//! `UpdateServiceSpecificCredential`, `UpdateSSHPublicKey`, `UpdateSigningCertificate` and
//! their lists; STS API reference, `AssumeRoot`; all checked 2026-11-25).

use std::collections::BTreeMap;

/// Other credentials than access keys, and root's access keys.
#[derive(Debug, Default)]
pub(crate) struct StandIn {
    /// Status by kind and id.
    held: BTreeMap<(Kind, String), String>,
    /// Whether the emulator has all this itself.
    is_needless: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    RootKey,
    Service,
    Signing,
    Ssh,
}

/// The credentials of a root session, by which its calls are known.
pub(crate) const ROOT_SESSION: &str = "ASIAROOTSESSIONEXAMP";

impl StandIn {
    /// Lets every call through from now on.
    pub(crate) fn step_aside(&mut self) {
        self.is_needless = true;
    }

    pub(crate) fn hold(&mut self, kind: Kind, id: &str) {
        self.held.insert((kind, id.to_owned()), "Active".to_owned());
    }

    pub(crate) fn status(&self, kind: Kind, id: &str) -> Option<&str> {
        self.held.get(&(kind, id.to_owned())).map(String::as_str)
    }

    /// The answer to a call: status and body; nothing if the emulator knows it.
    pub(crate) fn answer(
        &mut self,
        action: &str,
        caller: &str,
        body: &str,
    ) -> Option<(u16, String)> {
        if self.is_needless {
            return None;
        }
        let field = |name: &str| {
            body.split('&')
                .find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
                .unwrap_or_default()
                .to_owned()
        };
        let is_root = caller == ROOT_SESSION;
        Some(match action {
            "UpdateServiceSpecificCredential" => self.update(
                action,
                Kind::Service,
                &field("ServiceSpecificCredentialId"),
                &field("Status"),
            ),
            "UpdateSSHPublicKey" => self.update(
                action,
                Kind::Ssh,
                &field("SSHPublicKeyId"),
                &field("Status"),
            ),
            "UpdateSigningCertificate" => self.update(
                action,
                Kind::Signing,
                &field("CertificateId"),
                &field("Status"),
            ),
            "ListServiceSpecificCredentials" => self.list(action, Kind::Service),
            "ListSSHPublicKeys" => self.list(action, Kind::Ssh),
            "ListSigningCertificates" => self.list(action, Kind::Signing),
            "AssumeRoot" => done(
                action,
                &format!(
                    "<Credentials><AccessKeyId>{ROOT_SESSION}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                     <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
                ),
            ),
            "DeleteAccessKey" if is_root => {
                let key = (Kind::RootKey, field("AccessKeyId"));
                match self.held.remove(&key) {
                    Some(_) => done(action, ""),
                    None => no_such(),
                }
            }
            "ListAccessKeys" if is_root => self.list(action, Kind::RootKey),
            _ => return None,
        })
    }

    fn update(&mut self, action: &str, kind: Kind, id: &str, status: &str) -> (u16, String) {
        match self.held.get_mut(&(kind, id.to_owned())) {
            Some(known) => {
                status.clone_into(known);
                done(action, "")
            }
            None => no_such(),
        }
    }

    fn list(&self, action: &str, kind: Kind) -> (u16, String) {
        let (list, id, date, more) = match kind {
            Kind::RootKey => ("AccessKeyMetadata", "AccessKeyId", "CreateDate", ""),
            Kind::Service => (
                "ServiceSpecificCredentials",
                "ServiceSpecificCredentialId",
                "CreateDate",
                "<ServiceName>codecommit.amazonaws.com</ServiceName>",
            ),
            Kind::Signing => (
                "Certificates",
                "CertificateId",
                "UploadDate",
                "<CertificateBody>b</CertificateBody>",
            ),
            Kind::Ssh => ("SSHPublicKeys", "SSHPublicKeyId", "UploadDate", ""),
        };
        let members: String = self
            .held
            .iter()
            .filter(|((of, _), _)| *of == kind)
            .map(|((_, of), status)| {
                format!(
                    "<member><UserName>bob</UserName><{id}>{of}</{id}><Status>{status}</Status>\
                     <{date}>2026-01-01T00:00:00Z</{date}>{more}</member>"
                )
            })
            .collect();
        done(action, &format!("<{list}>{members}</{list}>"))
    }
}

fn done(action: &str, result: &str) -> (u16, String) {
    (
        200,
        format!(
            "<{action}Response><{action}Result>{result}</{action}Result><ResponseMetadata>\
             <RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata></{action}Response>"
        ),
    )
}

fn no_such() -> (u16, String) {
    (404, super::proxy::error_body("NoSuchEntity"))
}
