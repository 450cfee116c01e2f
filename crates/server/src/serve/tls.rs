//! Certificate and key. A renewed pair is read when the system says so, without a connection being cut.

use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::{config::Tls, error::ServerError};

pub(super) fn load(files: &Tls) -> Result<RustlsConfig, ServerError> {
    Ok(RustlsConfig::from_config(Arc::new(read(files)?)))
}

/// Takes the files as they are now; what cannot be used leaves the old pair in place.
pub(super) fn reload(files: Option<&Tls>, running: Option<&RustlsConfig>) {
    let (Some(files), Some(running)) = (files, running) else {
        return;
    };
    match read(files) {
        Ok(config) => {
            running.reload_from_config(Arc::new(config));
            tracing::info!("certificate read anew");
        }
        Err(error) => tracing::error!(%error, "the new certificate is not used"),
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
