//! One connection that hears what other instances did (LISTEN), made anew when it breaks.

use std::{future::poll_fn, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, Socket, config::SslMode};

use super::{Postgres, pause, tls};
use crate::store::{StoreError, live::News};

/// What is told goes by this name; its content is a keyed hash.
pub(super) const CHANNEL: &str = "regie_live";
const CONNECTING: Duration = Duration::from_secs(10);
/// How often a quiet connection is asked whether it is still one.
const QUIET: Duration = Duration::from_secs(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A connection whose other end is served by a task of its own, which ends with it.
struct Hearing {
    client: Client,
    heard: UnboundedReceiver<News>,
    _served: JoinSet<()>,
}

impl Postgres {
    /// Hears until it is dropped. Each new connection begins with [`News::Missed`]: nobody knows what was told before it.
    pub(crate) async fn listen(&self, tell: impl Fn(News)) {
        let mut wait = Duration::ZERO;
        loop {
            match self.connected().await {
                Ok(hearing) => {
                    wait = Duration::ZERO;
                    tell(News::Missed);
                    hearing.hear(&tell).await;
                }
                Err(error) => tracing::warn!(%error, "news of other instances cannot be heard"),
            }
            // Never all instances at once.
            sleep(wait + pause(8).unwrap_or_default()).await;
            wait = (wait * 2).clamp(Duration::from_millis(100), LONGEST_PAUSE);
        }
    }

    async fn connected(&self) -> Result<Hearing, StoreError> {
        let connecting = async {
            if self.config.get_ssl_mode() == SslMode::Require {
                let (client, connection) = self.config.connect(tls()?).await?;
                Ok::<_, StoreError>(Hearing::over(client, connection))
            } else {
                let (client, connection) = self.config.connect(NoTls).await?;
                Ok(Hearing::over(client, connection))
            }
        };
        let hearing = timeout(CONNECTING, connecting)
            .await
            .map_err(|_| StoreError::Unavailable)??;
        let listen = hearing.client.batch_execute("LISTEN regie_live");
        timeout(CONNECTING, listen)
            .await
            .map_err(|_| StoreError::Unavailable)??;
        Ok(hearing)
    }
}

impl Hearing {
    fn over<T>(client: Client, mut connection: Connection<Socket, T>) -> Self
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, heard) = unbounded_channel();
        let mut served = JoinSet::new();
        served.spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notification(told) = message
                    && told.channel() == CHANNEL
                    && sender.send(News::of_text(told.payload())).is_err()
                {
                    return;
                }
            }
        });
        Self {
            client,
            heard,
            _served: served,
        }
    }

    async fn hear(mut self, tell: impl Fn(News)) {
        loop {
            match timeout(QUIET, self.heard.recv()).await {
                Ok(Some(news)) => tell(news),
                Ok(None) => return,
                Err(_) => match timeout(CONNECTING, self.client.batch_execute("")).await {
                    Ok(Ok(())) => {}
                    _ => return,
                },
            }
        }
    }
}
