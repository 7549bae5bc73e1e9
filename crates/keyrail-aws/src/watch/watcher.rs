//! The watch's clients, which are made for each check, and never by the guard.

use std::sync::Arc;

use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use keyrail_core::effects::{EffectError, EffectErrorKind};
use keyrail_core::watch::{Lasting, ShippedRules, Unread, Watched};

use super::pace::{patient, timeouts};

/// Clients of the watch.
#[derive(Debug, Clone)]
pub struct Watcher {
    pub(super) config: SdkConfig,
    pub(super) watched: Watched,
    pub(super) places: WatchPlaces,
    pub(super) shipped: Arc<ShippedRules>,
}

/// Where the watch finds what.
#[derive(Debug, Clone)]
pub struct WatchPlaces {
    /// The state table.
    pub table: String,
    /// The role to assume in member accounts, with its path if it has one.
    pub watcher_role: Option<String>,
    /// What that role's trust policy asks for, if anything.
    pub external_id: Option<String>,
}

impl Watcher {
    /// Connects as a Lambda function does.
    pub async fn connect(
        watched: Watched,
        places: WatchPlaces,
        shipped: Arc<ShippedRules>,
    ) -> Self {
        // One pool of connections for all clients.
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(EnvironmentVariableRegionProvider::new())
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            .http_client(http)
            .retry_config(patient())
            .timeout_config(timeouts())
            .load()
            .await;
        Self {
            config,
            watched,
            places,
            shipped,
        }
    }

    /// What is watched.
    #[must_use]
    pub fn watched(&self) -> &Watched {
        &self.watched
    }
}

/// As an answer that is missing.
pub(super) fn unread(error: &EffectError) -> Unread {
    let lasting = match error.kind {
        EffectErrorKind::Doubtful
        | EffectErrorKind::RefusedForNow
        | EffectErrorKind::Throttled
        | EffectErrorKind::TimedOut
        | EffectErrorKind::Unreachable => Lasting::Passing,
        EffectErrorKind::Denied
        | EffectErrorKind::Elsewhere
        | EffectErrorKind::Full
        | EffectErrorKind::Gone
        | EffectErrorKind::Refused => Lasting::Standing,
    };
    Unread {
        why: error.message.clone(),
        lasting,
    }
}
