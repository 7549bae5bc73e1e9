//! Finding where credentials come from, before they are loaded: errors of the SDK do not say
//! which profile it was at.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::profile::ProfileSet;
use aws_credential_types::provider::ProvideCredentials;

use super::fault::Fault;
use super::source::{Profile, Source, Way};

impl Source {
    /// Finds it: `profile`, or without one whatever the environment says, as the SDK does.
    ///
    /// # Errors
    ///
    /// If the configuration cannot be read, or the profile is not in it.
    pub async fn find(profile: Option<&str>) -> Result<Self, Fault> {
        let environment = EnvironmentVariableCredentialsProvider::new();
        if profile.is_none() && environment.provide_credentials().await.is_ok() {
            return Ok(Self::Environment);
        }
        // The files and the environment as they are, and the files at their usual places.
        let (files, places, environment) = Default::default();
        let named = profile.map(|name| name.to_owned().into());
        let loaded = aws_config::profile::load(&files, &environment, &places, named).await;
        let profiles = loaded.map_err(|error| Fault::configuration(&error))?;
        let name = profiles.selected_profile();
        let is_default = profile.is_none() && name == "default";
        match Profile::read(&profiles, name)? {
            // Nobody has asked for it.
            None if is_default => Ok(Self::Machine),
            None => Err(Fault::NoProfile(name.to_owned())),
            Some(found) => Ok(Self::Profile(Profile {
                is_named: profile.is_some(),
                ..found
            })),
        }
    }
}

impl Profile {
    /// As the SDK reads it. `None` if there is no such profile, or a default one without
    /// credentials.
    fn read(profiles: &ProfileSet, name: &str) -> Result<Option<Self>, Fault> {
        let Some(profile) = profiles.get_profile(name) else {
            return Ok(None);
        };
        let mut at = profile;
        let mut seen = vec![name];
        let mut has_mfa = false;
        let role = at.get("role_arn").map(str::to_owned);
        while at.get("role_arn").is_some() && at.get("web_identity_token_file").is_none() {
            has_mfa |= at.get("mfa_serial").is_some();
            let Some(next) = at.get("source_profile") else {
                break;
            };
            if next == at.name() {
                break;
            }
            let Some(found) = profiles.get_profile(next) else {
                return Err(Fault::NoProfile(next.to_owned()));
            };
            if seen.contains(&next) {
                let what = format!("its `source_profile` leads back to `{next}`");
                return Err(Fault::Profile(name.to_owned(), what));
            }
            seen.push(next);
            at = found;
            // Keys come before a role in a profile that another builds on.
            if at.get("aws_access_key_id").is_some() {
                break;
            }
        }
        let has = |key: &str| at.get(key).is_some();
        let is_base = at.name() != name;
        let way = if is_base && has("aws_access_key_id") {
            Way::Keys
        } else if has("credential_source") {
            Way::Other
        } else if has("web_identity_token_file") {
            Way::WebIdentity
        } else if has("sso_session") || has("sso_start_url") || has("sso_account_id") {
            Way::Sso
        } else if has("login_session") {
            Way::Login
        } else if has("credential_process") {
            Way::Process
        } else if has("aws_access_key_id") {
            Way::Keys
        } else if name == "default" && role.is_none() {
            return Ok(None);
        } else {
            let what = match role {
                Some(_) => {
                    "it assumes a role, and names nothing to do so with: neither `source_profile` nor `credential_source`"
                }
                None => "it has no credentials, and says of none where they are",
            };
            return Err(Fault::Profile(at.name().to_owned(), what.to_owned()));
        };
        Ok(Some(Self {
            name: name.to_owned(),
            is_named: false,
            role,
            has_mfa,
            base: at.name().to_owned(),
            way,
        }))
    }
}
