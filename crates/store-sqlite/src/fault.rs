//! From the engine's errors to the store's.

use std::sync::Arc;

use rusqlite::ErrorCode;
use store::StoreError;

/// What a job fails with.
#[derive(Debug)]
pub(crate) enum Fault {
    Engine(rusqlite::Error),
    Json(serde_json::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error,
            Fault::Json(error) => {
                Self::corrupt("a row holds JSON that is not what it must be", Some(Arc::new(error)))
            }
            Fault::Engine(error) => from_engine(error),
        }
    }
}

fn from_engine(error: rusqlite::Error) -> StoreError {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, QueryReturnedNoRows, Utf8Error,
    };
    let code = error.sqlite_error_code();
    let wrong_value = matches!(
        error,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | QueryReturnedNoRows
            | Utf8Error(..)
    );
    let cause = Arc::new(error);
    let unavailable =
        |reason: &str| StoreError::Unavailable { reason: reason.to_owned(), source: Some(cause.clone()) };
    match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy(cause),
        Some(ErrorCode::DatabaseCorrupt) => StoreError::corrupt("the file is damaged", Some(cause)),
        Some(ErrorCode::NotADatabase) => {
            StoreError::corrupt("the file is not an SQLite database", Some(cause))
        }
        Some(ErrorCode::ConstraintViolation) => StoreError::Conflict("a rule of the schema forbids it"),
        Some(ErrorCode::DiskFull) => unavailable("the disk is full"),
        Some(ErrorCode::SystemIoFailure) => unavailable("the disk fails"),
        Some(ErrorCode::CannotOpen) => unavailable("the file cannot be opened"),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => unavailable("the file cannot be written"),
        _ if wrong_value => StoreError::corrupt("a row holds a value that cannot be", Some(cause)),
        _ => unavailable("SQLite refuses"),
    }
}
