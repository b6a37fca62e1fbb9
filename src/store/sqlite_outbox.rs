//! The outbox in SQLite.
//!
//! Invariant: each change is one statement, as in `sqlite`; what is over holds no text any more.

use sqlx::{Row, sqlite::SqliteRow};

use super::{
    DELIVERIES_KEPT, DeliveryState, Letter, Posted, Progress, StoreError, sqlite::SqliteStore,
};

fn whole(row: &SqliteRow, column: &str) -> Result<u64, StoreError> {
    let number: i64 = row.try_get(column)?;
    Ok(u64::try_from(number).unwrap_or_default())
}

fn posted(row: &SqliteRow) -> Result<Posted, StoreError> {
    let state: &str = row.try_get("state")?;
    Ok(Posted {
        id: whole(row, "id")?,
        letter: Letter {
            receiver: row.try_get("receiver")?,
            occasion: row.try_get("occasion")?,
            sealed: row.try_get::<Option<Vec<u8>>, _>("sealed")?.unwrap_or_default(),
            at: row.try_get("at")?,
        },
        progress: Progress {
            tries: u32::try_from(whole(row, "tries")?).unwrap_or(u32::MAX),
            due_at: row.try_get("due_at")?,
            state: DeliveryState::parse(state),
            answer: row.try_get("answer")?,
        },
    })
}

impl SqliteStore {
    pub(super) async fn post_letter(&self, letter: &Letter) -> Result<u64, StoreError> {
        let insert = "INSERT INTO outbox (at, receiver, occasion, sealed, due_at, state) \
                      VALUES (?1, ?2, ?3, ?4, ?1, 'waiting') RETURNING id";
        let statement = sqlx::query(insert)
            .bind(letter.at)
            .bind(letter.receiver.clone())
            .bind(letter.occasion.clone())
            .bind(letter.sealed.clone());
        whole(&self.change(statement).await?.ok_or(StoreError::NotFound)?, "id")
    }

    pub(super) async fn write_progress(
        &self,
        id: u64,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET tries = ?2, due_at = ?3, state = ?4, answer = ?5, \
                      sealed = CASE WHEN ?4 = 'waiting' THEN sealed END WHERE id = ?1";
        let statement = sqlx::query(update)
            .bind(i64::try_from(id).unwrap_or(i64::MAX))
            .bind(i64::from(progress.tries))
            .bind(progress.due_at)
            .bind(progress.state.as_str())
            .bind(progress.answer.clone());
        self.write(statement).await.map(drop)
    }

    pub(super) async fn waiting_letters(&self) -> Result<Vec<Posted>, StoreError> {
        let select = "SELECT * FROM outbox WHERE state = 'waiting' ORDER BY id";
        self.read_all(sqlx::query(select)).await?.iter().map(posted).collect()
    }

    pub(super) async fn latest_letters(&self) -> Result<Vec<Posted>, StoreError> {
        let select = "SELECT id, at, receiver, occasion, NULL AS sealed, tries, due_at, state, answer \
                      FROM outbox ORDER BY id DESC LIMIT ?";
        let statement = sqlx::query(select).bind(i64::from(DELIVERIES_KEPT));
        self.read_all(statement).await?.iter().map(posted).collect()
    }

    pub(super) async fn purge_letters(&self) -> Result<u64, StoreError> {
        let delete = "DELETE FROM outbox WHERE state <> 'waiting' AND id NOT IN \
                      (SELECT id FROM outbox ORDER BY id DESC LIMIT ?)";
        self.write(sqlx::query(delete).bind(i64::from(DELIVERIES_KEPT))).await
    }

    pub(super) async fn put_link(&self, id: i64, sealed: &[u8]) -> Result<(), StoreError> {
        let update = "UPDATE report SET link_sealed = ? WHERE id = ?";
        self.write(sqlx::query(update).bind(sealed.to_vec()).bind(id)).await.map(drop)
    }

    pub(super) async fn link_of(&self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let select = "SELECT link_sealed FROM report WHERE id = ?";
        Ok(self.read(sqlx::query(select).bind(id)).await?.try_get("link_sealed")?)
    }
}
