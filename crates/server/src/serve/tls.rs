//! Certificate and key. A renewed pair is read when the system says so, without a connection being cut.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::{config::Tls, error::ServerError};

/// The pair in use.
pub(super) struct Certificate(RwLock<Arc<ServerConfig>>);

impl Certificate {
    pub(super) fn load(files: &Tls) -> Result<Self, ServerError> {
        Ok(Self(RwLock::new(Arc::new(read(files)?))))
    }

    /// What the next handshake takes.
    pub(super) fn now(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the files as they are now; what cannot be used leaves the old pair in place.
    pub(super) fn reload(&self, files: &Tls) {
        match read(files) {
            Ok(config) => {
                *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                tracing::info!("certificate read anew");
            }
            Err(error) => tracing::error!(%error, "the new certificate is not used"),
        }
    }
}

fn read(files: &Tls) -> Result<ServerConfig, ServerError> {
    let fault = |error: &dyn std::fmt::Display| ServerError::Tls(error.to_string());
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| fault(&error))?;
    if chain.is_empty() {
        return Err(fault(&"there is no certificate in the file"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| fault(&error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| fault(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
