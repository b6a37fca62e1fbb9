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
    Kafka,
    Mongodb,
    Memcached,
    Http,
    Unknown,
}

/// Header: length 52, request 7, response to 0, code 2013; then flags 0, one section of kind 0, and
/// the document of 31 bytes.
const MONGODB_HELLO: &[u8] = b"\x34\0\0\0\x07\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0\
    \x1f\0\0\0\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0";

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
            9092 => Self::Kafka,
            27017 => Self::Mongodb,
            11211 => Self::Memcached,
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
            // AMQP 0-9-1 §4.2.2, "protocol header": the server answers with Connection.Start.
            Self::Rabbitmq => b"AMQP\0\0\x09\x01",
            // Kafka protocol, ApiVersions (key 18) version 0, correlation 7, client id `hangup`:
            // the one request that is answered before a login.
            Self::Kafka => b"\0\0\0\x10\0\x12\0\0\0\0\0\x07\0\x06hangup",
            // MongoDB wire protocol, OP_MSG (2013) with the document {hello: 1, $db: "admin"}.
            Self::Mongodb => MONGODB_HELLO,
            Self::Memcached => b"version\r\n",
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
            Self::Kafka | Self::Mongodb | Self::Memcached => Some(self.opener()),
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
            Self::Kafka => Some("kafka"),
            Self::Mongodb => Some("mongodb"),
            Self::Memcached => Some("memcached"),
            Self::Smtp | Self::Mail | Self::Http | Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_openers_are_those_of_their_bytes() {
        let kafka = Protocol::Kafka.opener();
        assert_eq!(kafka[..4], u32::try_from(kafka.len() - 4).unwrap().to_be_bytes());
        let hello = Protocol::Mongodb.opener();
        assert_eq!(hello[..4], u32::try_from(hello.len()).unwrap().to_le_bytes());
        assert_eq!(hello[21..25], u32::try_from(hello.len() - 21).unwrap().to_le_bytes());
        let postgres = Protocol::Postgres.opener();
        assert_eq!(postgres[..4], u32::try_from(postgres.len()).unwrap().to_be_bytes());
    }
}
