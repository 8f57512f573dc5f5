//! Where the broker is. The password is known to the connection alone: what is displayed has none.

use lapin::uri::{AMQPScheme, AMQPUri};
use std::fmt;

use super::RabbitMqError;

/// How long a connection may be silent, in seconds, unless the URL says otherwise.
const HEARTBEAT: u16 = 10;
/// The longest name that AMQP can carry, in bytes.
pub(super) const NAME_LIMIT: usize = 255;

/// The broker and the credentials.
#[derive(Clone)]
pub(super) struct Address(AMQPUri);

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, RabbitMqError> {
        // Some reasons repeat the URL.
        let masked = |reason: String| RabbitMqError::Url { reason: reason.replace(url, "…") };
        let mut uri: AMQPUri = url.parse().map_err(masked)?;
        if uri.authority.host.is_empty() {
            return Err(RabbitMqError::Url { reason: "it names no host".to_owned() });
        }
        // A slash at the end would mean a virtual host without a name, which nobody means.
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        if uri.vhost.len() > NAME_LIMIT {
            return Err(RabbitMqError::Url { reason: format!("the virtual host has more than {NAME_LIMIT} bytes") });
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        Ok(Self(uri))
    }

    pub(super) fn uri(&self) -> AMQPUri {
        self.0.clone()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AMQPUri { scheme, authority, vhost, .. } = &self.0;
        let scheme = match scheme {
            AMQPScheme::AMQP => "amqp",
            AMQPScheme::AMQPS => "amqps",
        };
        let vhost = if vhost == "/" { "%2f" } else { vhost };
        write!(f, "{scheme}://{}@{}:{}/{vhost}", authority.userinfo.username, authority.host, authority.port)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        let shown =
            |url: &str| Address::parse(url).map(|address| address.to_string()).map_err(|error| error.to_string());
        assert_eq!(shown("amqp://me:secret@mq:5673/jobs").unwrap(), "amqp://me@mq:5673/jobs");
        assert_eq!(shown("amqps://me:secret@mq").unwrap(), "amqps://me@mq:5671/%2f");
        assert_eq!(shown("amqp://mq/").unwrap(), "amqp://guest@mq:5672/%2f");
        for url in
            ["amqp:me:secret@mq", "http://me:secret@mq", "amqp://me:secret@mq:port", "amqp://me:secret@", "secret", ""]
        {
            let error = shown(url).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
        assert!(shown(&format!("amqp://mq/{}", "v".repeat(300))).is_err());
    }
}
