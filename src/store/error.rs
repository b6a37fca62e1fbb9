//! What can go wrong with the store, in words a person can act on.

use std::path::PathBuf;

use crate::knowledge::Text;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is nothing under this token. Unknown, expired and revoked are deliberately the same.
    #[error("there is nothing under this link: it is unknown, expired or revoked")]
    NotFound,
    /// The disk, or the share of it the store may use, is full. Reading goes on.
    #[error("the disk is full, nothing was saved")]
    Full,
    /// What lies under this token needs more than the token: a password, a press, a key.
    #[error(
        "this report has to be opened first: it has a password, is sealed, or can be read once"
    )]
    Closed,
    /// Somebody else added to the report in between; read it again.
    #[error("the report has changed in between")]
    Changed,
    /// The report has as many entries as one may have.
    #[error("the report has as many entries as one may have")]
    TooMuch,
    /// Another process held the database longer than the store waits.
    #[error("the database is locked by another process")]
    Busy,
    /// The data directory cannot be created, opened or written.
    #[error("cannot use the data directory `{}`: {reason}", path.display())]
    DataDir {
        /// The directory as configured.
        path: PathBuf,
        /// What the operating system or SQLite said.
        reason: String,
    },
    /// The database was written by a newer version of the program.
    #[error(
        "the database has migration {version}, which this version does not know: run the newer version, or restore a backup"
    )]
    NewerSchema {
        /// The migration that is applied and not known here.
        version: i64,
    },
    /// A migration failed; the database is as it was before it.
    #[error("bringing the database up to date failed: {0}")]
    Migration(String),
    /// A copy of the database could not be made or put in place.
    #[error("cannot use `{}`: {reason}", path.display())]
    Copy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A server has the database open that was to be replaced.
    #[error("a server is using this database: stop it first")]
    InUse,
    /// A stored report does not read as one.
    #[error("a stored report is damaged: {0}")]
    Damaged(String),
    /// The secrets in a report could not be masked, so it was not saved.
    #[error("{0}")]
    Unmasked(#[from] crate::report::Unmasked),
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes")]
    Random,
    /// Anything else the database said.
    #[error("the database failed: {0}")]
    Database(String),
}

impl StoreError {
    /// The sentence a visitor may read, in both languages; it holds nothing of the machine.
    pub fn text(&self) -> Text {
        let (en, zh) = match self {
            Self::NotFound => (
                "There is nothing under this link: it is unknown, has expired or was revoked.",
                "此链接下没有内容：链接未知、已过期或已被撤销。",
            ),
            Self::Full => (
                "The server's disk is full, so nothing was saved. Reading reports and diagnosing still work; tell whoever runs this server.",
                "服务器磁盘已满，未能保存。查看报告和诊断仍可使用；请告知此服务器的管理员。",
            ),
            Self::Closed => (
                "This report has to be opened first: it has a password, is sealed, or can be read only once. Open its link in a browser.",
                "此报告需要先打开：它设有密码、经过密封，或只能阅读一次。请在浏览器中打开链接。",
            ),
            Self::Changed => (
                "Too many people answered at the same moment. Nothing of yours was saved; send it again.",
                "同一时刻回答的人太多，你的内容未保存，请重新提交。",
            ),
            Self::TooMuch => (
                "This report has as many entries as one may have. Start a new diagnosis from it.",
                "此报告的条目已达上限，请据此新建诊断。",
            ),
            Self::Busy => (
                "The database is busy. Nothing was saved; try again in a few seconds.",
                "数据库正忙，未能保存，请几秒后重试。",
            ),
            Self::Unmasked(_) => (
                "The secrets in this report could not be masked, so nothing was saved. The reason is in the server's log.",
                "无法遮盖此报告中的敏感信息，因此未保存；原因见服务器日志。",
            ),
            _ => (
                "The server could not reach its storage. Nothing was saved; the reason is in the server's log.",
                "服务器无法访问其存储，未能保存；原因见服务器日志。",
            ),
        };
        Text { en: en.to_owned(), zh: zh.to_owned() }
    }
}
