//! The protocols that are told apart by port or greeting, and what may be said to them. Pure.

/// A protocol that is told apart by its port or its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Ssh,
    Mysql,
    Smtp,
    Ftp,
    Mail,
    Redis,
    Postgres,
    Rabbitmq,
    Http,
    Unknown,
}

impl Protocol {
    /// The usual protocol of a port (IANA service names).
    pub(super) fn of_port(port: u16) -> Self {
        match port {
            22 => Self::Ssh,
            21 => Self::Ftp,
            25 | 465 | 587 => Self::Smtp,
            110 | 143 => Self::Mail,
            3306 => Self::Mysql,
            5432 => Self::Postgres,
            5672 => Self::Rabbitmq,
            6379 => Self::Redis,
            80 | 443 | 8080 | 8443 => Self::Http,
            _ => Self::Unknown,
        }
    }

    /// Whether its server speaks first.
    pub(super) fn greets(self) -> bool {
        matches!(self, Self::Ssh | Self::Mysql | Self::Smtp | Self::Ftp | Self::Mail)
    }

    /// What is sent to a server that waits for us.
    pub(super) fn opener(self) -> &'static [u8] {
        match self {
            // The PostgreSQL protocol, "StartupMessage", version 3.0: the server asks for a
            // password, or says why it will not.
            Self::Postgres => b"\0\0\0\x27\0\x03\0\0user\0hangup\0database\0postgres\0\0",
            _ => b"PING\r\n",
        }
    }

    /// A harmless line that its server answers at any time before login, if there is one. MySQL and
    /// PostgreSQL count such a line as a failed login, so nothing is sent to them.
    pub(super) fn heartbeat(self) -> Option<&'static [u8]> {
        match self {
            Self::Redis => Some(b"PING\r\n"),
            Self::Smtp | Self::Ftp => Some(b"NOOP\r\n"),
            Self::Mail => Some(b"a NOOP\r\n"),
            Self::Ssh => Some(b"SSH-2.0-hangup\r\n"),
            Self::Unknown => Some(b"\r\n"),
            Self::Mysql | Self::Postgres | Self::Rabbitmq | Self::Http => None,
        }
    }

    pub(super) fn component(self) -> Option<&'static str> {
        match self {
            Self::Ssh => Some("ssh"),
            Self::Mysql => Some("mysql"),
            Self::Ftp => Some("ftp"),
            Self::Redis => Some("redis"),
            Self::Postgres => Some("postgresql"),
            Self::Rabbitmq => Some("rabbitmq"),
            Self::Smtp | Self::Mail | Self::Http | Self::Unknown => None,
        }
    }
}
