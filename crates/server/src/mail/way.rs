//! How a mail goes out: by a server for mail, or into a folder, where each is a file.

use std::{io, path::PathBuf, time::Duration};

use data_encoding::HEXLOWER;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::{
        Mailbox, Message as Mail,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::extension::ClientId,
};

use super::Written;
use crate::{config, store::MailId};

/// How long a server for mail may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Tells other programs not to answer (RFC 3834).
const AUTOMATIC: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Why a mail was not sent. What the other side says may quote the address, so it is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSent {
    /// The address, or the way, cannot be used at all.
    #[error("it cannot be addressed")]
    Address,
    /// The server for mail answered with a refusal.
    #[error("the server for mail answered {0}")]
    Refused(u16),
    /// It could not be reached, or spoke otherwise than it should.
    #[error("the server for mail cannot be reached")]
    Away,
    /// The connection could not be encrypted.
    #[error("the server for mail does not encrypt as it should")]
    Unencrypted,
    /// The file could not be written.
    #[error("the folder: {0}")]
    Folder(io::ErrorKind),
}

/// A way for mails.
pub(crate) enum Way {
    Folder(PathBuf),
    Smtp {
        transport: Box<AsyncSmtpTransport<Tokio1Executor>>,
        from: Mailbox,
    },
}

impl Way {
    /// The way of a configuration.
    pub(crate) fn new(config: &config::Mail) -> Result<Self, NotSent> {
        match config {
            config::Mail::Folder(folder) => Ok(Self::Folder(folder.clone())),
            config::Mail::Smtp { url, from, .. } => {
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose());
                let transport = builder
                    .map_err(|_| NotSent::Address)?
                    .timeout(Some(PATIENCE))
                    // The domain of its sender rather than the name of this machine.
                    .hello_name(ClientId::Domain(from.email.domain().to_owned()))
                    .build();
                Ok(Self::Smtp {
                    transport: Box::new(transport),
                    from: from.clone(),
                })
            }
        }
    }

    /// Sends a mail. The same one again, after a crash, takes the place of the file that is there.
    pub(crate) async fn send(&self, to: &str, mail: MailId, written: &Written) -> Result<(), NotSent> {
        match self {
            Self::Folder(folder) => {
                let (folder, to, written) = (folder.clone(), to.to_owned(), written.clone());
                let put = tokio::task::spawn_blocking(move || put(&folder, &to, mail, &written));
                put.await
                    .map_err(|_| NotSent::Away)?
                    .map_err(|error| NotSent::Folder(error.kind()))
            }
            Self::Smtp { transport, from } => {
                let to: lettre::Address = to.parse().map_err(|_| NotSent::Address)?;
                let message_id = format!("<{}@{}>", HEXLOWER.encode(&mail.0), from.email.domain());
                let mail = Mail::builder()
                    .from(from.clone())
                    .to(Mailbox::new(None, to))
                    .subject(&written.subject)
                    .message_id(Some(message_id))
                    .header(ContentType::TEXT_PLAIN)
                    .raw_header(HeaderValue::new(AUTOMATIC, "auto-generated".to_owned()))
                    .body(written.text.clone())
                    .map_err(|_| NotSent::Address)?;
                transport
                    .send(mail)
                    .await
                    .map(|_| ())
                    .map_err(|error| told(&error))
            }
        }
    }
}

fn told(error: &lettre::transport::smtp::Error) -> NotSent {
    if let Some(code) = error.status() {
        NotSent::Refused(u16::from(code))
    } else if error.is_tls() {
        NotSent::Unencrypted
    } else {
        NotSent::Away
    }
}

fn put(folder: &std::path::Path, to: &str, mail: MailId, written: &Written) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    // Made with permissions 0600.
    let mut file = tempfile::Builder::new().prefix(".mail-").tempfile_in(folder)?;
    let Written { subject, text } = written;
    io::Write::write_all(
        &mut file,
        format!("To: {to}\nSubject: {subject}\n\n{text}").as_bytes(),
    )?;
    file.as_file().sync_all()?;
    file.persist(folder.join(format!("{}.txt", HEXLOWER.encode(&mail.0))))?;
    Ok(())
}
